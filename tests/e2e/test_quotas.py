"""Quotas from `/quota` to the books, with the real bot, by an admin, a member without rights, and the operator."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.discord import Answer, Interaction, Member, Message, NotPossible, Permissions
from sandbox.powerpost import price
from tests.e2e.product import Product

KLING = price("kling-3.0-pro", 5)
COMMANDS: dict[str, dict[str, int | str]] = {
    "quota set": {"credits": 1000, "per": "day"},
    "quota show": {},
    "quota clear": {},
}


@pytest.fixture
def ada(running: Product) -> Member:
    return running.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)


async def _said(product: Product, to: Interaction | Answer) -> Message:
    """The whole answer, once it is there, to who asked alone."""
    answer = await to.first_response() if isinstance(to, Interaction) else to
    message = answer.message
    assert message is not None
    await product.discord.wait_for(lambda: not message.loading)
    assert message.ephemeral
    return message


async def _quota(product: Product, who: Member, command: str, **options: int | str | Member) -> str:
    return (
        await _said(product, await who.slash(product.channel, f"quota {command}", opened_by_admin=False, **options))
    ).text


async def test_a_quota_from_its_making_to_its_end(running: Product, ada: Member) -> None:
    await _quota(running, ada, "set", credits=2 * KLING - 1, per="week")
    first = await running.video()
    assert first.message is not None
    await running.finished(first.message)

    refused = await _said(running, await running.video())
    balance = await _said(running, await running.mia.slash(running.channel, "credits"))
    shown = await _quota(running, ada, "show")
    cleared = await _quota(running, ada, "clear")
    second = await running.video()

    limit = 2 * KLING - 1
    assert f"the quota for everyone here is {limit} credits a week. {limit - KLING} credits of it are" in refused.text
    assert "resets <t:" in refused.text
    assert "Nothing was spent." in refused.text
    assert f"{limit - KLING} of {limit} credits left this week" in balance.text
    assert f"{running.mia.mention}: {KLING} of {limit} this week" in shown
    assert "Removed the quota" in cleared
    assert not second.ephemeral
    assert (await running.settled()).spent == 2 * KLING
    assert running.orders == 2


async def test_a_video_that_fails_gives_the_quota_back(running: Product, ada: Member) -> None:
    await _quota(running, ada, "set", credits=KLING, per="day", target=running.mia)
    failed = await running.video("Something that will [fail]")
    assert failed.message is not None
    await running.says(failed.message, "not charged")

    again = await running.video()

    assert again.message is not None
    await running.finished(again.message)
    assert (await running.settled()).spent == KLING


async def test_fifty_requests_at_once_against_a_quota_for_five(running: Product, ada: Member) -> None:
    await _quota(running, ada, "set", credits=5 * KLING, per="day")

    answers = await asyncio.gather(*(running.video(f"Wave {number}") for number in range(50)))

    messages = [answer.message for answer in answers if answer.message is not None]
    refused = f"is {5 * KLING} credits a day. 0 credits of it are left"
    await running.discord.wait_for(lambda: sum(refused in message.text for message in messages) == 45, timeout=30)
    assert (await running.settled()).spent == 5 * KLING
    assert running.orders == len(await running.jobs()) == 5


async def test_the_operators_rule_holds_at_once_and_admins_see_it(running: Product, ada: Member) -> None:
    guild_id, mia_id = str(running.guild.id), str(running.mia.id)
    code, _ = await running.command("quotas", "set", guild_id, "0", "--per", "month", "--member", mia_id)

    refused = await _said(running, await running.video())

    assert code == 0
    assert "the quota for you is 0 credits a month. It allows no videos" in refused.text
    assert f"{running.mia.mention}: 0 credits a month" in await _quota(running, ada, "show")
    assert await running.jobs() == []


async def test_members_without_the_permission_can_do_nothing_with_quotas(running: Product, ada: Member) -> None:
    """Discord hides the commands from them; where a server has opened them all the same, the bot refuses."""
    await _quota(running, ada, "set", credits=0, per="day")

    for command, options in COMMANDS.items():
        with pytest.raises(NotPossible, match="hidden"):
            await running.mia.slash(running.channel, command, opened_by_admin=False, **options)
        use = await running.mia.slash(running.channel, command, opened_by_admin=True, **options)
        assert '"Manage Server"' in (await _said(running, use)).text

    assert "Everyone: 0 credits a day" in await _quota(running, ada, "show")


async def test_pages_turn_after_a_restart(running: Product, ada: Member) -> None:
    for number in range(25):
        member = running.guild.add_member(f"Member {number}")
        await _quota(running, ada, "set", credits=number, per="day", target=member)
    shown = await _said(running, await ada.slash(running.channel, "quota show"))
    assert await running.stop_bot() == 0
    await running.start_bot()

    await ada.press(shown, "Next page")

    await running.discord.wait_for(lambda: "(2 of 2)" in shown.text)
