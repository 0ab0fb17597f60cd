"""Interactions that Discord delivers twice, or that reach the bot long after their member has given up."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import GuildId
from bot.domain.options import find_option
from cogs.client.client import TOO_LATE
from sandbox.discord import Interaction
from tests.cogs.running import LogWatch, Scene


def deliver(scene: Scene, interaction: Interaction, **changes: object) -> None:
    """As a gateway that repeats an event."""
    scene.discord.repeat(interaction, **changes)


async def test_a_command_delivered_twice_is_one_job_and_one_answer(scene: Scene) -> None:
    await scene.grant(100)
    with LogWatch() as log:
        use = await scene.mia.slash(scene.channel, "video", prompt="A dog")
        deliver(scene, use)
        await log.wait_for("interaction_ignored")
        await use.first_response()
        deliver(scene, use)
        await log.wait_for("interaction_ignored")
    await scene.video.drain()

    assert len(await scene.jobs_of_mia()) == 1
    assert (await scene.ledger.balance(GuildId(scene.guild.id))).reserved == 15
    assert len(scene.channel.messages) == 1


async def test_a_reply_to_the_question_delivered_twice_orders_once_and_says_so(scene: Scene) -> None:
    await scene.grant(100)
    await scene.options.change(GuildId(scene.guild.id), find_option("confirm_from"), lambda _: 15, actor=OPERATOR)
    question = (await (await scene.mia.slash(scene.channel, "video", prompt="A dog")).first_response()).message
    assert question is not None

    press = await scene.mia.press(question, "Make it")
    deliver(scene, press)

    answer = await press.first_response()
    await scene.video.drain()
    assert answer.message is not None
    assert "15 credits are held for it" in answer.message.text
    assert len(await scene.jobs_of_mia()) == 1


async def test_a_command_that_comes_87_seconds_late_is_no_request_any_more(scene: Scene) -> None:
    await scene.grant(100)
    use = await scene.mia.slash(scene.channel, "credits")
    await use.first_response()
    command = await scene.mia.slash(scene.channel, "video", prompt="A dog")
    await command.first_response()
    old = command.id - (int(timedelta(seconds=87) / timedelta(milliseconds=1)) << 22)

    with LogWatch() as log:
        deliver(scene, command, id=str(old))
        record = await log.wait_for("interaction_ignored")

    assert record.__dict__["why"] == "late"
    assert len(await scene.jobs_of_mia()) == 1
    assert TOO_LATE.endswith("Nothing was spent.")
