"""What `/operator` says: facts in, words out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.guild_facts import GuildFacts
from bot.domain.guild_names import LONGEST_NAME, KnownGuild, Place
from bot.domain.ledger import Balance
from bot.domain.spending import SpendingStatus, status_text
from cogs.wording import limits
from cogs.wording.markup import harmless
from cogs.wording.words import credits_in_words

ROOM_FOR_REST = 100


def granted_text(place: Place, amount: int, after: Balance) -> str:
    said = f"Granted {credits_in_words(amount)} to server {_server(place.guild)}. {balance_text(after)}"
    return said if place.guild.is_present else f"{said}\n{_not_there(place)}"


def revoked_text(place: Place, amount: int, after: Balance) -> str:
    return f"Revoked {credits_in_words(amount)} from server {_server(place.guild)}. {balance_text(after)}"


def shown_text(place: Place, balance: Balance) -> str:
    return f"Server {_server(place.guild)}. {balance_text(balance)}"


def no_server_text(closest: KnownGuild | None) -> str:
    likely = f" The closest one is {_server(closest)}." if closest else ""
    return f"That is not a server id.{likely} `/operator guilds` lists the servers that the bot knows."


def balance_text(balance: Balance) -> str:
    """For example "Available: 85, reserved: 15, spent: 0.\""""
    return f"Available: {balance.available:,}, reserved: {balance.reserved:,}, spent: {balance.spent:,}."


def spending_text(status: SpendingStatus) -> str:
    return harmless_lines(status_text(status))


def guilds_text(known: Sequence[GuildFacts]) -> str:
    """One line per server, the largest spender first, as many as fit into one message."""
    lines = [f"### {len(known):,} servers"]
    room = limits.DISPLAYED_TEXT - ROOM_FOR_REST - len(lines[0])
    ranked = sorted(known, key=lambda guild: (-guild.balance.spent, guild.guild_id))
    for guild in ranked:
        line = _guild_line(guild)
        room -= len(line) + 1
        if room < 0:
            lines.append(f"-# and {len(known) - len(lines) + 1:,} more: `videobot guilds list` shows them all")
            break
        lines.append(line)
    return "\n".join(lines)


def harmless_lines(text: str) -> str:
    """People's text, such as a reason, without markup; line breaks stay."""
    return "\n".join(harmless(line, limits.MESSAGE_CONTENT // 2) for line in text.splitlines())


def _not_there(place: Place) -> str:
    """The same words as `Place.warning`, with names made harmless."""
    likely = f" The closest server that it is in: {_server(place.closest)}." if place.closest else ""
    return f"⚠️ The bot is not in that server yet.{likely}"


def _server(guild: KnownGuild) -> str:
    return f"`{guild.guild_id}`{_name(guild.name)}"


def _name(name: str | None) -> str:
    return f" ({harmless(name, LONGEST_NAME)})" if name else ""


def _guild_line(guild: GuildFacts) -> str:
    presence = " · left" if guild.left_at else ("" if guild.since_at else " · never joined")
    account = " · own account" if guild.is_linked else ""
    jobs = sum(guild.jobs.values())
    return (
        f"`{guild.guild_id}`{_name(guild.name)}{presence}{account} · "
        f"{credits_in_words(guild.balance.available)} available, "
        f"{guild.balance.spent:,} spent · {jobs:,} {'job' if jobs == 1 else 'jobs'}"
    )
