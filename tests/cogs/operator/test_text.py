"""What `/operator` says, and who may hear it."""

from __future__ import annotations

from bot.domain.actor import by_user
from bot.domain.guild_facts import GuildFacts
from bot.domain.guild_names import KnownGuild, Place, closest_guild, place_of
from bot.domain.identifiers import Credits, GuildId
from bot.domain.ledger import Balance
from bot.domain.spending import SpendingChange, SpendingStatus
from cogs.operator.text import granted_text, guilds_text, no_server_text, spending_text
from cogs.wording import limits
from tests.cogs.factories import NOON


def a_guild(number: int, *, spent: int = 0) -> GuildFacts:
    balance = Balance(available=Credits(10**9), spent=Credits(spent))
    return GuildFacts(GuildId(2**62 + number), NOON, None, is_linked=True, balance=balance, jobs={})


def test_a_grant_tells_the_balance_after() -> None:
    said = granted_text(
        Place(KnownGuild(GuildId(5), None, is_present=True), None),
        250,
        Balance(available=Credits(1250), reserved=Credits(15)),
    )

    assert said == "Granted 250 credits to server `5`. Available: 1,250, reserved: 15, spent: 0."


def test_a_grant_to_a_server_that_the_bot_is_not_in_says_so_and_what_comes_closest() -> None:
    known = [KnownGuild(GuildId(1234567890123456789), "**Cats** @everyone", is_present=True)]
    place = place_of(GuildId(1234567890123456798), known)

    said = granted_text(place, 5, Balance(available=Credits(5)))

    assert said.splitlines()[1].startswith("⚠️ The bot is not in that server yet. The closest server that it is in: ")
    assert "`1234567890123456789`" in said
    assert "**Cats**" not in said
    assert "@everyone" not in said
    assert "not in that server" not in granted_text(place_of(known[0].guild_id, known), 5, Balance())


def test_a_name_in_the_place_of_an_id_is_answered_with_the_closest_server() -> None:
    known = [
        KnownGuild(GuildId(7), "Film Club", is_present=True),
        KnownGuild(GuildId(8), "Filmclub", is_present=False),
    ]

    assert "The closest one is `7` (Film Club)." in no_server_text(closest_guild("film clab", known))
    assert no_server_text(closest_guild("zebra", known)).startswith("That is not a server id. `/operator guilds`")


def test_a_thousand_servers_fit_into_one_message_largest_spender_first() -> None:
    said = guilds_text([a_guild(number, spent=number) for number in range(1000)])

    assert len(said) <= limits.DISPLAYED_TEXT
    first, *_, last = said.splitlines()[1:]
    assert first.startswith(f"`{2**62 + 999}` · own account · 1,000,000,000 credits available, 999 spent")
    shown = len(said.splitlines()) - 2
    assert last == f"-# and {1000 - shown:,} more: `videobot guilds list` shows them all"


def test_a_reason_brings_no_markup() -> None:
    change = SpendingChange(is_stopped=True, actor=by_user(7), reason="@everyone **bold**", at=NOON)

    said = spending_text(SpendingStatus(change, waiting=2, under_way=3, submitting=1))

    assert "@everyone" not in said
    assert "**bold**" not in said
    assert len(said.splitlines()) == 2
    assert "3, of which 1 is just being sent to PowerPost" in said
