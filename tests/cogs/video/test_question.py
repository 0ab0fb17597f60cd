"""The price first: a private question above the server's threshold, and what becomes of the reply."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import Credits, GuildId, RoleId, UserId
from bot.domain.job import JobState
from bot.domain.options import find_option
from bot.domain.quota import EVERYONE, Period, Rule
from bot.services.jobs.accept import Accept
from bot.services.jobs.affordability import AffordabilityCheck
from bot.services.loops.wakeup import Wakeup
from cogs.video.cog import VideoCog
from cogs.video.pending import QUESTION_LIVES_FOR
from cogs.video.question_text import CANCELLED, CLOSED
from sandbox.discord import Answer, AnswerKind, Message, Permissions, Upload
from storage.quotas import QuotaStore
from tests.cogs.running import Scene, a_client, running

PICTURE = Upload("dog.png", b"not really a picture", "image/png")


async def _ask_from(scene: Scene, price: int) -> None:
    await _set(scene, "confirm_from", price)


async def _set(scene: Scene, name: str, value: object) -> None:
    await scene.options.change(GuildId(scene.guild.id), find_option(name), lambda _: value, actor=OPERATOR)


async def _use(scene: Scene, **options: Any) -> Answer:
    use = await scene.mia.slash(scene.channel, "video", **({"prompt": "A dog"} | options))
    return await use.first_response()


async def _question(scene: Scene, **options: Any) -> Message:
    answer = await _use(scene, **options)
    assert answer.ephemeral
    assert answer.message is not None
    assert 'Nothing is ordered, held or spent until you press "Make it".' in answer.message.text
    return answer.message


async def _press(scene: Scene, question: Message, label: str) -> Answer:
    return await (await scene.mia.press(question, label)).first_response()


async def _nothing_is_held(scene: Scene) -> None:
    assert await scene.jobs_of_mia() == []
    assert (await scene.ledger.balance(GuildId(scene.guild.id))).reserved == 0


async def test_below_the_threshold_nobody_is_asked(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 16)

    answer = await _use(scene)

    assert not answer.ephemeral
    assert answer.message is not None
    assert "15 credits are held for it; this server has 85 left" in answer.message.text


async def test_the_question_names_price_video_balance_and_limits_and_holds_nothing(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    quotas = QuotaStore(database=scene.jobs._database, clock=scene.clock)
    await quotas.put(GuildId(scene.guild.id), Rule(EVERYONE, Period.DAY, Credits(40)), actor=OPERATOR)

    question = await _question(scene, prompt="A **dog**")

    assert "This video costs about 15 credits" in question.text
    assert "A \\*\\*dog\\*\\*" in question.text
    assert "Kling 3.0 Pro · 5 seconds" in question.text
    assert "This server has 100 credits available." in question.text
    assert "40 of 40 credits left today" in question.text
    await _nothing_is_held(scene)


async def test_make_it_orders_the_video_for_all_to_see_and_takes_the_question_away(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)

    answer = await _press(scene, question, "Make it")
    await scene.video.drain()

    assert answer.kind is AnswerKind.MESSAGE
    assert not answer.ephemeral
    assert answer.message is not None
    assert "15 credits are held for it; this server has 85 left" in answer.message.text
    (job,) = await scene.jobs_of_mia()
    assert (job.state, job.message_id, job.interaction_id) == (
        JobState.QUEUED,
        answer.message.id,
        answer.interaction.id,
    )
    assert await scene.notifier.find_answer(job) == answer.message.id
    await scene.discord.wait_for(lambda: question.deleted or None)


async def test_a_picture_survives_until_the_reply(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene, image=PICTURE)
    assert "from a picture" in question.text

    await _press(scene, question, "Make it")
    await scene.video.drain()

    (job,) = await scene.jobs_of_mia()
    image = await scene.jobs.source_image(job.id)
    assert image is not None
    assert image.data == b"checked"
    assert len(scene.images.asked) == 1


async def test_a_video_over_the_members_quota_is_refused_without_a_question(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    quotas = QuotaStore(database=scene.jobs._database, clock=scene.clock)
    await quotas.put(GuildId(scene.guild.id), Rule(EVERYONE, Period.DAY, Credits(10)), actor=OPERATOR)

    answer = await _use(scene)

    assert answer.ephemeral
    assert answer.message is not None
    assert "until you press" not in answer.message.text
    await _nothing_is_held(scene)


async def test_cancel_orders_nothing(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)

    answer = await _press(scene, question, "Cancel")

    assert answer.kind is AnswerKind.UPDATE
    assert question.text == CANCELLED
    assert question.buttons == ()
    await _nothing_is_held(scene)


async def test_pressing_twice_orders_once(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)

    presses = await asyncio.gather(*(scene.mia.press(question, "Make it") for _ in range(2)))
    await asyncio.gather(*(press.first_response() for press in presses))
    await scene.video.drain()

    assert len(await scene.jobs_of_mia()) == 1


async def test_after_a_while_the_question_is_closed(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)
    later = scene.clock.monotonic() + QUESTION_LIVES_FOR.total_seconds() + 1
    monkeypatch.setattr(scene.clock, "monotonic", lambda: later)

    await _press(scene, question, "Make it")

    assert question.text == CLOSED
    await _nothing_is_held(scene)


async def test_after_a_restart_the_reply_says_that_it_must_be_asked_again(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)
    await scene.client.close()
    await scene.discord.wait_until_gone()

    async with running(a_client([_a_new_cog(scene)]), scene.discord):
        await _press(scene, question, "Make it")

    assert question.text == CLOSED
    await _nothing_is_held(scene)


async def test_a_video_that_could_not_be_paid_is_refused_without_a_question(scene: Scene) -> None:
    await scene.grant(14)
    await _ask_from(scene, 15)

    answer = await _use(scene)

    assert answer.ephemeral
    assert answer.message is not None
    assert "has 14 left" in answer.message.text


async def test_what_was_spent_between_question_and_reply_is_not_there_any_more(scene: Scene) -> None:
    await scene.grant(20)
    await _ask_from(scene, 15)
    first, second = await _question(scene), await _question(scene)
    await _press(scene, first, "Make it")

    answer = await _press(scene, second, "Make it")

    assert answer.ephemeral
    assert answer.message is not None
    assert "has 5 left" in answer.message.text
    assert len(await scene.jobs_of_mia()) == 1


async def test_a_rule_set_between_question_and_reply_holds(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)
    await _set(scene, "blocked_members", frozenset({UserId(scene.mia.id)}))

    answer = await _press(scene, question, "Make it")

    assert answer.message is not None
    assert "have blocked you from making videos" in answer.message.text
    await _nothing_is_held(scene)


async def test_the_roles_of_the_press_decide_and_not_those_of_the_question(scene: Scene) -> None:
    task_pool = scene.guild.add_role("TaskPool")
    scene.mia.roles.append(task_pool)
    await scene.grant(100)
    await _ask_from(scene, 15)
    await _set(scene, "allowed_roles", frozenset({RoleId(task_pool.id)}))
    question, another = await _question(scene), await _question(scene)

    scene.mia.roles.remove(task_pool)
    refused = await _press(scene, question, "Make it")
    assert refused.message is not None
    assert "Nothing was spent" in refused.message.text
    await _nothing_is_held(scene)

    scene.mia.roles.append(task_pool)
    await _press(scene, another, "Make it")
    await scene.video.drain()
    assert len(await scene.jobs_of_mia()) == 1


async def test_a_price_that_rose_meanwhile_is_asked_about_again(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)
    await _let_powerpost_charge(scene, 18)

    again = await _press(scene, question, "Make it")
    assert again.ephemeral
    assert again.message is not None
    assert "This video costs 18 credits" in again.message.text
    await _press(scene, again.message, "Make it")
    await scene.video.drain()

    job = (await scene.jobs_of_mia())[0]
    assert job.credits_held == 18


async def test_a_permission_lost_meanwhile_is_named_and_the_question_stays_open(scene: Scene) -> None:
    await scene.grant(100)
    await _ask_from(scene, 15)
    question = await _question(scene)
    scene.channel.deny_bot(Permissions.ATTACH_FILES)

    answer = await _press(scene, question, "Make it")

    assert answer.message is not None
    assert '"Attach Files"' in answer.message.text
    assert not question.deleted
    await _nothing_is_held(scene)


async def test_a_question_that_came_late_can_be_answered_by_who_asked_alone(scene: Scene) -> None:
    bob = scene.guild.add_member("Bob")
    await scene.grant(100)
    await _ask_from(scene, 15)
    scene.clock.ahead = timedelta(seconds=10)
    scene.images.opens.clear()
    announced = (await _use(scene, image=PICTURE)).message
    assert announced is not None
    scene.images.opens.set()
    await scene.discord.wait_for(lambda: "until you press" in announced.text)

    others = await (await bob.press(announced, "Make it")).first_response()
    assert others.ephemeral
    assert others.message is not None
    assert f"Only <@{scene.mia.id}> can answer" in others.message.text
    await _press(scene, announced, "Make it")
    await scene.video.drain()

    assert len(await scene.jobs_of_mia()) == 1


async def _let_powerpost_charge(scene: Scene, price: int) -> None:
    await _ask_from(scene, 0)
    await _use(scene)
    await _ask_from(scene, 15)
    (job,) = await scene.jobs_of_mia()
    await scene.jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING)
    await scene.jobs.move(
        job.id,
        JobState.SUBMITTING,
        JobState.PROCESSING,
        credits_used=Credits(price),
        submitted_at=scene.clock.now(),
    )


def _a_new_cog(scene: Scene) -> VideoCog:
    async def nobody(_guild_id: GuildId) -> None:
        return None

    quotas = QuotaStore(database=scene.jobs._database, clock=scene.clock)
    accept = Accept(
        jobs=scene.jobs,
        ledger=scene.ledger,
        meet=nobody,
        account_of=nobody,
        options=scene.options,
        queue_wakeup=Wakeup(),
    )
    affordability = AffordabilityCheck(ledger=scene.ledger, quotas=quotas, account_of=nobody)
    return VideoCog(
        accept=accept, affordability=affordability, ledger=scene.ledger, read_image=scene.images, clock=scene.clock
    )
