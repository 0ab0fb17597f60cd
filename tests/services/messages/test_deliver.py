"""Bringing finished videos: however it goes, the job ends completed and its credits settled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Unpack

import pytest

from bot.domain.actor import by_user
from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import ChannelId, JobId, MessageId
from bot.domain.job import Delivery, Job, JobChanges, JobState, MessageState
from bot.domain.options import CompletionMention, find_option
from bot.errors import (
    ChannelClosed,
    DatabaseUnavailable,
    DirectMessageRefused,
    DiscordUnavailable,
    DiscordUnreachable,
    FileTooLarge,
    MessageGone,
)
from bot.services.loops.retries import ASIDE
from bot.services.loops.wakeup import Wakeup
from bot.services.messages.deliver import Deliverer
from bot.services.messages.present import EDIT_PATIENCE, Presenter
from bot.services.ports import Jobs
from sandbox.powerpost.faults import Answer, EndlessBody, ResetBefore
from storage.jobs import JobStore
from storage.options import OptionStore
from tests.services.stage import CHANNEL, DOWNLOAD, GRANTED, LOOK, ActedDiscord, Stage, soon

SECOND = timedelta(seconds=1)


@pytest.fixture
def presenter(stage: Stage, discord: ActedDiscord) -> Presenter:
    return Presenter(notifier=discord, ledger=stage.ledger, clock=stage.clock)


def a_deliverer(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, videos: Path, *, jobs: Jobs | None = None
) -> Deliverer:
    return Deliverer(
        jobs=jobs or stage.jobs,
        accounts=stage.accounts,
        presenter=presenter,
        notifier=discord,
        options=OptionStore(database=stage.database, clock=stage.clock),
        alerts=stage.alerts,
        waits=stage.waits,
        clock=stage.clock,
        wakeup=Wakeup(),
        videos=videos,
    )


@pytest.fixture
async def deliverer(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, tmp_path: Path
) -> AsyncIterator[Deliverer]:
    deliverer = a_deliverer(stage, presenter, discord, tmp_path)
    yield deliverer
    await deliverer.task_pool.close()
    assert _files_in(tmp_path) == [], "a video was left on disk"


@pytest.fixture
async def job(stage: Stage) -> Job:
    return await stage.finish(await stage.order())


async def one_round(stage: Stage, deliverer: Deliverer) -> None:
    async with soon():
        await deliverer.step()
        await stage.clock.hurry(deliverer.task_pool.idle())


async def assert_settled(stage: Stage, job: Job, delivery: Delivery) -> Job:
    job = await stage.now(job)
    assert (job.state, job.delivery, job.shown) == (JobState.COMPLETED, delivery, MessageState.COMPLETED)
    balance = await stage.balance()
    assert (balance.available, balance.reserved, balance.spent) == (GRANTED - 15, 0, 15)
    return job


async def test_a_video_is_attached_and_its_requester_told_once(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    for _ in range(3):
        await one_round(stage, deliverer)

    assert discord.rungs == ["edit_with_file", "mention"]
    [shown, _] = discord.showings
    assert shown.job.message_state(stage.clock.now()) is MessageState.COMPLETED
    assert shown.video is not None
    assert shown.video[4:8] == b"ftyp"
    await assert_settled(stage, job, Delivery.ATTACHED)


async def test_a_video_that_discord_does_not_take_is_linked(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(FileTooLarge("40005"), "edit_with_file")

    await one_round(stage, deliverer)

    assert discord.rungs == ["edit", "mention"]
    await assert_settled(stage, job, Delivery.LINKED)


async def test_an_expired_link_is_renewed(stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job) -> None:
    """The bot was away for more than a week: PowerPost gives a fresh link for the asking."""
    stage.clock.move(timedelta(days=8))

    await one_round(stage, deliverer)

    delivered = await assert_settled(stage, job, Delivery.ATTACHED)
    assert delivered.video_url != job.video_url


async def test_an_expired_link_that_cannot_be_renewed_is_shown_as_it_is(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    stage.clock.move(timedelta(days=8))
    stage.powerpost.faults.add(LOOK, Answer(503), times=None)

    await one_round(stage, deliverer)

    assert discord.rungs == ["edit", "mention"]
    await assert_settled(stage, job, Delivery.LINKED)


@pytest.mark.parametrize("fault", [ResetBefore(), Answer(500), Answer(404)], ids=lambda fault: str(fault)[:24])
async def test_a_video_that_cannot_be_fetched_is_linked(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job, fault: Answer
) -> None:
    stage.powerpost.faults.add(DOWNLOAD, fault, times=None)

    await one_round(stage, deliverer)

    assert discord.rungs == ["edit", "mention"]
    await assert_settled(stage, job, Delivery.LINKED)


async def test_a_video_without_end_is_linked(
    stage: Stage, deliverer: Deliverer, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.powerpost.account.LARGEST_VIDEO", 100_000)
    stage.powerpost.faults.add(DOWNLOAD, EndlessBody(), times=None)

    await one_round(stage, deliverer)

    await assert_settled(stage, job, Delivery.LINKED)


async def test_while_discord_is_down_a_video_waits_and_then_arrives(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(DiscordUnavailable("503"), "edit_with_file")
    await one_round(stage, deliverer)
    assert (await stage.now(job)).state is JobState.DELIVERING

    discord.recover()
    await one_round(stage, deliverer)
    assert discord.showings == []
    stage.clock.move(timedelta(seconds=2))
    await one_round(stage, deliverer)

    await assert_settled(stage, job, Delivery.ATTACHED)


async def watch_for(stage: Stage, deliverer: Deliverer, duration: timedelta) -> None:
    """Time goes by in strides of half an hour."""
    end = stage.clock.monotonic() + duration.total_seconds()
    while stage.clock.monotonic() < end:
        stage.clock.move(timedelta(minutes=30))
        await one_round(stage, deliverer)


async def test_after_a_day_of_refusals_the_video_is_left_to_the_history(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(DiscordUnavailable("30046"), "edit", "post")
    await watch_for(stage, deliverer, timedelta(hours=24))
    assert (await stage.now(job)).state is JobState.DELIVERING
    await watch_for(stage, deliverer, timedelta(hours=1))

    assert discord.showings == []
    left = await assert_settled(stage, job, Delivery.HISTORY)
    assert left.video_url != job.video_url, "the history needs a link that lives for a week from now"


async def test_a_discord_that_does_not_answer_for_days_is_waited_for(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(DiscordUnreachable("no network"), "edit", "post")
    await watch_for(stage, deliverer, timedelta(hours=50))
    discord.recover()
    await watch_for(stage, deliverer, timedelta(minutes=30))

    assert discord.rungs == ["edit_with_file", "mention"]
    await assert_settled(stage, job, Delivery.ATTACHED)


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(hours=25), timedelta(hours=-2)], ids=str)
async def test_one_refusal_after_a_day_of_downtime_leaves_no_video_to_the_history(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job, jump: timedelta
) -> None:
    stage.clock.move(timedelta(hours=25))
    stage.clock.jump(jump)
    discord.refuse(DiscordUnavailable("30046"), "edit", "post")
    await one_round(stage, deliverer)
    assert (await stage.now(job)).state is JobState.DELIVERING

    discord.recover()
    stage.clock.move(SECOND * 2)
    await one_round(stage, deliverer)
    assert discord.rungs == ["edit_with_file", "mention"]
    await assert_settled(stage, job, Delivery.ATTACHED)


async def test_an_upload_that_always_breaks_off_gives_way_to_a_link(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    """A thin line: every attempt takes longer than it may."""
    discord.refuse(DiscordUnreachable("TimeoutError"), "edit_with_file")
    await one_round(stage, deliverer)
    stage.clock.move(EDIT_PATIENCE + SECOND)
    await one_round(stage, deliverer)

    assert discord.rungs == ["edit", "mention"]
    await assert_settled(stage, job, Delivery.LINKED)


async def test_a_new_message_in_the_channel_is_remembered_and_mentioned(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(MessageGone("10008"), "edit_with_file")

    await one_round(stage, deliverer)

    assert discord.rungs == ["post_with_file", "mention"]
    assert discord.last.job.message_id == 901
    delivered = await assert_settled(stage, job, Delivery.ATTACHED)
    assert (delivered.channel_id, delivered.message_id) == (CHANNEL, 901)


async def test_a_direct_message_notifies_by_itself(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit_with_file", "post")

    await one_round(stage, deliverer)

    assert discord.rungs == ["send_direct_with_file"]
    delivered = await assert_settled(stage, job, Delivery.ATTACHED)
    assert (delivered.channel_id, delivered.is_direct) == (700, True)


async def test_a_job_that_had_moved_to_a_direct_message_mentions_nobody(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    await stage.jobs.note(job.id, channel_id=ChannelId(700), message_id=MessageId(701), is_direct=True)

    await one_round(stage, deliverer)

    assert discord.rungs == ["edit_with_file"]
    assert (await assert_settled(stage, job, Delivery.ATTACHED)).is_direct


async def test_a_video_that_can_be_shown_nowhere_is_settled_too(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit_with_file", "post")
    discord.refuse(DirectMessageRefused("50007"), "send_direct")

    await one_round(stage, deliverer)

    assert discord.showings == []
    await assert_settled(stage, job, Delivery.HISTORY)


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        (CompletionMention.HERE, ["mention"]),
        (CompletionMention.DIRECT, ["tell_directly"]),
        (CompletionMention.OFF, []),
    ],
)
async def test_the_requester_is_told_as_the_admins_have_chosen(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job, *, chosen: CompletionMention, told: list[str]
) -> None:
    options = OptionStore(database=stage.database, clock=stage.clock)
    await options.change(job.guild_id, find_option("completion_mention"), lambda _: chosen, actor=by_user(9))

    await one_round(stage, deliverer)

    assert discord.rungs == ["edit_with_file", *told]
    await assert_settled(stage, job, Delivery.ATTACHED)


async def test_a_mention_that_fails_spoils_nothing(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(DiscordUnavailable("503"), "mention")

    await one_round(stage, deliverer)

    assert discord.rungs == ["edit_with_file"]
    await assert_settled(stage, job, Delivery.ATTACHED)


async def test_a_message_that_moved_during_the_download_is_found(
    stage: Stage, presenter: Presenter, deliverer: Deliverer, discord: ActedDiscord, job: Job
) -> None:
    """The announcer was still showing "processing" in a new message when the video was ready."""
    async with presenter.lock(job.id):
        await deliverer.step()
        await stage.powerpost.wait_for(lambda: _was_downloaded(stage))
        await stage.jobs.note(job.id, message_id=discord._new_message())
    async with soon():
        await deliverer.task_pool.idle()

    assert discord.showings[0].job.message_id == 901
    assert (await assert_settled(stage, job, Delivery.ATTACHED)).message_id == 901


class LockedBooks(JobStore):
    """The real store, which cannot write a settlement while it is locked."""

    is_locked = True
    loses_answers = False

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        if end is JobState.COMPLETED and self.is_locked and not self.loses_answers:
            raise DatabaseUnavailable("for a test")
        moved = await super().move(job_id, start, end, **changes)
        if end is JobState.COMPLETED and self.is_locked and moved is not None:
            raise DatabaseUnavailable("stored, but the answer was lost")
        return moved


async def pass_time(stage: Stage, deliverer: Deliverer, duration: timedelta) -> None:
    for _ in range(int(duration.total_seconds())):
        await one_round(stage, deliverer)
        stage.clock.move(SECOND)


async def test_a_settlement_that_cannot_be_stored_repeats_nothing_and_is_made_good_within_ten_seconds(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, job: Job, tmp_path: Path
) -> None:
    """It was fetched and edited 52 times in 100 seconds."""
    books = LockedBooks(database=stage.database, clock=stage.clock)
    deliverer = a_deliverer(stage, presenter, discord, tmp_path, jobs=books)

    await pass_time(stage, deliverer, 100 * SECOND)
    assert (downloads(stage), discord.rungs) == (1, ["edit_with_file"])
    assert (await stage.balance()).reserved == 15

    books.is_locked = False
    await pass_time(stage, deliverer, 10 * SECOND)
    assert (downloads(stage), discord.rungs) == (1, ["edit_with_file", "mention"])
    await assert_settled(stage, job, Delivery.ATTACHED)


async def test_a_settlement_that_was_stored_although_the_database_said_no_is_told_once(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, job: Job, tmp_path: Path
) -> None:
    books = LockedBooks(database=stage.database, clock=stage.clock)
    books.loses_answers = True
    deliverer = a_deliverer(stage, presenter, discord, tmp_path, jobs=books)

    await pass_time(stage, deliverer, 10 * SECOND)

    assert discord.rungs == ["edit_with_file", "mention"]
    await assert_settled(stage, job, Delivery.ATTACHED)


async def test_poisoned_deliveries_are_tried_rarely_and_hold_up_no_other(
    stage: Stage, deliverer: Deliverer, discord: ActedDiscord
) -> None:
    """Three of them made 1,500 downloads in 1,000 seconds, and a fourth never ran."""
    poisoned = [await stage.order(f"poison {number}") for number in range(3)]
    sound = await stage.order()
    for job in (*poisoned, sound):
        await stage.finish(job)
    discord.poisoned |= {job.id for job in poisoned}

    await pass_time(stage, deliverer, 5 * SECOND)
    assert (await stage.now(sound)).state is JobState.COMPLETED
    await pass_time(stage, deliverer, 1000 * SECOND)

    assert downloads(stage) <= 1 + 3 * 12
    assert set(stage.alerts.raised) == {Alert(AlertKind.WORK_STEPPED_ASIDE, f"job {job.id}") for job in poisoned}
    discord.poisoned.clear()
    stage.clock.move(ASIDE)
    await one_round(stage, deliverer)
    assert {(await stage.now(job)).state for job in poisoned} == {JobState.COMPLETED}


async def test_the_loop_delivers_several_videos_side_by_side(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, tmp_path: Path
) -> None:
    jobs = [await stage.finish(await stage.order(f"cat {number}")) for number in range(4)]
    discord.opens.clear()
    deliverer = a_deliverer(stage, presenter, discord, tmp_path)
    running = asyncio.create_task(deliverer.run())
    await stage.powerpost.wait_for(lambda: _was_downloaded(stage))
    discord.opens.set()

    async with soon():
        mentioned = {(await discord.mentions.get()).id for _ in jobs}

    assert mentioned == {job.id for job in jobs}
    assert discord.rungs.count("edit_with_file") == 4
    running.cancel()
    await asyncio.wait({running})
    await deliverer.task_pool.close()


def downloads(stage: Stage) -> int:
    return sum(request.route == DOWNLOAD for request in stage.powerpost.requests)


def _was_downloaded(stage: Stage) -> bool:
    return any(request.route == DOWNLOAD and request.status == 200 for request in stage.powerpost.requests)


def _files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())
