"""Messages catch up with their jobs, one at a time for each job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.domain.job import Failure, Job, JobState, MessageState
from bot.errors import ChannelClosed, DirectMessageRefused, DiscordUnavailable, MessageGone
from bot.services.loops.wakeup import Wakeup
from bot.services.messages.announce import Announcer
from bot.services.messages.present import Presenter
from tests.services.stage import ANSWER, ActedDiscord, LoneWakeup, Stage, soon


@pytest.fixture
def presenter(stage: Stage, discord: ActedDiscord) -> Presenter:
    return Presenter(notifier=discord, ledger=stage.ledger, clock=stage.clock)


@pytest.fixture
async def announcer(stage: Stage, presenter: Presenter) -> AsyncIterator[Announcer]:
    announcer = Announcer(jobs=stage.jobs, presenter=presenter, alerts=stage.alerts, clock=stage.clock, wakeup=Wakeup())
    yield announcer
    await announcer.task_pool.close()


async def one_round(announcer: Announcer) -> None:
    async with soon():
        await announcer.step()
        await announcer.task_pool.idle()


def message_states(stage: Stage, discord: ActedDiscord) -> list[MessageState]:
    """What the member saw, one after another."""
    return [showing.job.message_state(stage.clock.now()) for showing in discord.showings]


async def test_a_message_catches_up_after_every_move_and_not_more_often(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    job = await stage.accept()
    for start, end in [
        (JobState.QUEUED, JobState.SUBMITTING),
        (JobState.SUBMITTING, JobState.UNCONFIRMED),
        (JobState.UNCONFIRMED, JobState.PROCESSING),
        (JobState.PROCESSING, JobState.FAILED),
    ]:
        await one_round(announcer)
        await stage.move(job, start, end)
    for _ in range(3):
        await one_round(announcer)

    assert message_states(stage, discord) == [
        MessageState.QUEUED,
        MessageState.UNCONFIRMED,
        MessageState.PROCESSING,
        MessageState.FAILED,
    ]
    assert (await stage.now(job)).shown is MessageState.FAILED


async def test_a_finished_video_is_left_to_delivery(stage: Stage, announcer: Announcer, discord: ActedDiscord) -> None:
    job = await stage.finish(await stage.order())

    await one_round(announcer)
    await announcer._announce(job.id)

    assert discord.showings == []


async def test_after_twenty_minutes_the_message_says_that_it_takes_longer(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    job = await stage.order()
    await one_round(announcer)
    stage.clock.move(timedelta(minutes=20))

    await one_round(announcer)
    await one_round(announcer)

    assert len(discord.showings) == 2
    assert (await stage.now(job)).shown is MessageState.SLOW


async def test_a_message_that_becomes_slow_while_it_is_written_is_written_again(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    await stage.order()
    stage.clock.move(timedelta(minutes=19))
    discord.opens.clear()
    await announcer.step()
    async with soon():
        await discord.is_asked.wait()
    stage.clock.move(timedelta(minutes=1))
    discord.opens.set()
    async with soon():
        await announcer.task_pool.idle()

    await one_round(announcer)

    assert len(discord.showings) == 2


async def test_an_older_message_state_never_overwrites_a_newer_one(
    stage: Stage, announcer: Announcer, presenter: Presenter, discord: ActedDiscord
) -> None:
    """While the message is being changed the job moves on: who comes later waits, and reads the job anew."""
    job = await stage.order()
    discord.opens.clear()
    await announcer.step()
    async with soon():
        await discord.is_asked.wait()

    await stage.jobs.move(job.id, JobState.PROCESSING, JobState.FAILED, failure=Failure.GENERATION_FAILED)
    later = Announcer(jobs=stage.jobs, presenter=presenter, alerts=stage.alerts, clock=stage.clock, wakeup=Wakeup())
    await later.step()
    discord.opens.set()
    async with soon():
        await announcer.task_pool.idle()
        await later.task_pool.idle()

    assert message_states(stage, discord) == [MessageState.PROCESSING, MessageState.FAILED]
    assert (await stage.now(job)).shown is MessageState.FAILED


async def test_a_job_is_not_announced_while_its_answer_is_on_its_way(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    job = await stage.accept(answered=False)
    stage.clock.jump(timedelta(hours=25))
    await one_round(announcer)
    assert discord.showings == []

    stage.clock.move(timedelta(seconds=20))
    await one_round(announcer)

    assert discord.rungs == ["post"]
    assert (await stage.now(job)).message_id == 901


async def test_a_message_that_is_gone_is_replaced_and_the_new_one_remembered(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    job = await stage.order()
    discord.refuse(MessageGone("10008"), "edit")

    await one_round(announcer)

    job = await stage.now(job)
    assert job.message_id == 901 != ANSWER
    discord.recover()
    await stage.move(job, JobState.PROCESSING, JobState.FAILED)
    await one_round(announcer)
    assert (discord.last.rung, discord.last.job.message_id) == ("edit", 901)


async def test_a_job_that_can_be_shown_nowhere_is_left_to_the_history(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    job = await stage.order()
    discord.refuse(ChannelClosed("10003"), "edit", "post")
    discord.refuse(DirectMessageRefused("50007"), "send_direct")

    await one_round(announcer)

    job = await stage.now(job)
    assert (job.shown, job.message_id) == (MessageState.PROCESSING, ANSWER)


async def test_while_discord_is_down_it_is_asked_ever_more_rarely(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    job = await stage.order()
    discord.refuse(DiscordUnavailable("503"), "edit")
    await one_round(announcer)
    assert (await stage.now(job)).shown is None

    discord.recover()
    await one_round(announcer)
    assert discord.showings == []
    stage.clock.move(timedelta(seconds=2))
    await one_round(announcer)

    assert (await stage.now(job)).shown is MessageState.PROCESSING


async def test_jobs_that_can_never_be_shown_hold_up_no_other(
    stage: Stage, announcer: Announcer, discord: ActedDiscord
) -> None:
    """Four poisoned jobs fill the task pool; each error is one that nobody foresaw."""
    poisoned = [await stage.accept(f"poison {number}") for number in range(4)]
    discord.poisoned |= {job.id for job in poisoned}
    sound = await stage.accept("a cat")

    for _ in range(1000):
        await one_round(announcer)
        stage.clock.move(timedelta(seconds=1))

    assert (await stage.now(sound)).shown is MessageState.QUEUED
    assert discord.rungs == ["edit"]
    assert discord.poisonings <= 4 * 12
    assert set(stage.alerts.raised) == {Alert(AlertKind.WORK_STEPPED_ASIDE, f"job {job.id}") for job in poisoned}


async def test_the_loop_is_woken_by_its_wakeup(stage: Stage, discord: ActedDiscord, presenter: Presenter) -> None:
    wakeup = LoneWakeup()
    announcer = Announcer(jobs=stage.jobs, presenter=presenter, alerts=stage.alerts, clock=stage.clock, wakeup=wakeup)
    running = asyncio.create_task(announcer.run())
    async with soon():
        await wakeup.listening.wait()
    job: Job = await stage.order()
    wakeup.wake()

    async with soon():
        await discord.is_asked.wait()
        await announcer.task_pool.idle()

    assert (await stage.now(job)).shown is MessageState.PROCESSING
    running.cancel()
    await asyncio.wait({running})
