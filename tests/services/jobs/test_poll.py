"""Checking videos in progress, within the budget: PowerPost's answers are recorded, or waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Unpack

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import JobId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.services.jobs.poll import LONGEST_SLEEP, Poller
from bot.services.loops.wakeup import Wakeup
from sandbox.powerpost import GenerationFailure
from sandbox.powerpost.faults import Answer, Fault, ResetBefore, TooManyRequests, UnknownStatus
from storage.jobs import JobStore
from tests.services.stage import GENERATION_TIME, GRANTED, LOOK, Stage, soon

NOT_FOUND = Answer(404, {"error": {"code": "NOT_FOUND", "message": "Video generation not found"}})
MINUTE = timedelta(minutes=1)


def a_poller(stage: Stage, jobs: JobStore | None = None) -> Poller:
    return Poller(
        jobs=jobs or stage.jobs,
        accounts=stage.accounts,
        alerts=stage.alerts,
        waits=stage.waits,
        clock=stage.clock,
        wakeup=Wakeup(),
        finished=(stage.next_wakeup,),
    )


@pytest.fixture
async def poller(stage: Stage) -> AsyncIterator[Poller]:
    poller = a_poller(stage)
    yield poller
    await poller.task_pool.close()


async def look_for(stage: Stage, poller: Poller, duration: timedelta) -> None:
    """Let the poller do as it likes while `duration` passes; an answer takes no time."""
    end = stage.clock.monotonic() + duration.total_seconds()
    while (left := end - stage.clock.monotonic()) > 0:
        wait = await poller.step()
        stage.clock.move(min(wait, timedelta(seconds=left)))
        async with soon():
            await stage.clock.hurry(poller.task_pool.idle())


def looks(stage: Stage) -> list[int | None]:
    """The status of each answer to a look."""
    return [request.status for request in stage.powerpost.requests if request.route == LOOK]


async def look_at(stage: Stage, poller: Poller, job: Job) -> Job:
    """The job after the next look at it, with as much time as that needs."""
    before = len(looks(stage))
    while len(looks(stage)) == before:
        await look_for(stage, poller, timedelta(seconds=1))
    return await stage.now(job)


async def test_a_job_that_somebody_else_moved_meanwhile_is_not_reported_as_given_up(
    stage: Stage, poller: Poller, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await stage.order()

    async def moved_by_another(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(stage.jobs, "move", moved_by_another)
    stage.powerpost.faults.add(LOOK, NOT_FOUND, times=None)
    await look_for(stage, poller, timedelta(hours=2))

    assert stage.alerts.raised == []
    assert (await stage.now(job)).state is JobState.PROCESSING


async def test_a_finished_video_goes_on_to_delivery(stage: Stage, poller: Poller) -> None:
    job = await stage.order()

    assert (await look_at(stage, poller, job)).state is JobState.PROCESSING
    stage.clock.move(GENERATION_TIME)
    await stage.powerpost.wait_for(lambda: stage.powerpost.generations[0].status.finished)
    job = await look_at(stage, poller, job)

    assert job.state is JobState.DELIVERING
    assert job.media_id == stage.powerpost.generations[0].media_id
    assert job.video_url is not None
    assert job.video_url.startswith(stage.powerpost.origin)
    assert (await stage.balance()).reserved == 15
    async with soon():
        await stage.next_wakeup.wait(timedelta(hours=1))


async def test_a_failed_video_costs_nothing_and_says_why(stage: Stage, poller: Poller) -> None:
    job = await stage.order()
    stage.powerpost.production.fail(stage.powerpost.generations[0], GenerationFailure(message="The prompt was blocked"))

    job = await look_at(stage, poller, job)

    assert (job.state, job.failure) == (JobState.FAILED, Failure.GENERATION_FAILED)
    assert job.failure_detail == "The prompt was blocked"
    assert (await stage.balance()).available == GRANTED


async def test_an_unknown_status_is_waited_for(stage: Stage, poller: Poller) -> None:
    job = await stage.order()
    stage.powerpost.faults.add(LOOK, UnknownStatus())

    assert (await look_at(stage, poller, job)).state is JobState.PROCESSING


async def test_a_generation_that_powerpost_does_not_know_is_given_up_after_20_minutes_of_such_answers(
    stage: Stage, poller: Poller
) -> None:
    job = await stage.order()
    stage.powerpost.faults.add(LOOK, NOT_FOUND, times=None)

    await look_for(stage, poller, 20 * MINUTE)
    assert (await stage.now(job)).state is JobState.PROCESSING
    await look_for(stage, poller, MINUTE)
    job = await stage.now(job)

    assert (job.state, job.failure) == (JobState.FAILED, Failure.GENERATION_LOST)
    assert (await stage.balance()).available == GRANTED


async def test_an_answer_that_knows_the_video_begins_the_20_minutes_again(stage: Stage, poller: Poller) -> None:
    stage.powerpost.production.hold()
    job = await stage.order()
    unknown = stage.powerpost.faults.add(LOOK, NOT_FOUND, times=None)
    await look_for(stage, poller, 19 * MINUTE)
    stage.powerpost.faults.clear()
    await look_at(stage, poller, job)

    stage.powerpost.faults.add(LOOK, NOT_FOUND, times=None)
    await look_for(stage, poller, 15 * MINUTE)

    assert unknown.applied > 10
    assert (await stage.now(job)).state is JobState.PROCESSING


async def test_an_hour_in_which_powerpost_gave_no_answer_is_no_hour_of_not_knowing_the_video(
    stage: Stage, poller: Poller
) -> None:
    """Three answers in a bad hour, with errors between them, gave a paid video up."""
    job = await stage.order()
    stage.powerpost.faults.add(LOOK, NOT_FOUND)
    await look_at(stage, poller, job)
    stage.powerpost.faults.add(LOOK, Answer(503), times=None)
    await look_for(stage, poller, 60 * MINUTE)
    stage.powerpost.faults.clear()
    stage.powerpost.faults.add(LOOK, NOT_FOUND, times=2)
    await look_for(stage, poller, 5 * MINUTE)

    assert (await stage.now(job)).state is JobState.DELIVERING


async def watch_for(stage: Stage, poller: Poller, job: Job, duration: timedelta) -> Job:
    """As `look_for`, in long strides, for a job that is looked at rarely."""
    end = stage.clock.monotonic() + duration.total_seconds()
    while stage.clock.monotonic() < end:
        stage.clock.move(31 * MINUTE)
        async with soon():
            await poller.step()
            await stage.clock.hurry(poller.task_pool.idle())
    return await stage.now(job)


async def test_a_generation_that_never_ends_is_given_up_after_a_day_of_answers(stage: Stage, poller: Poller) -> None:
    stage.powerpost.production.hold()
    job = await stage.order()

    assert (await watch_for(stage, poller, job, timedelta(hours=23))).state is JobState.PROCESSING
    job = await watch_for(stage, poller, job, timedelta(hours=2))

    assert (job.state, job.failure) == (JobState.FAILED, Failure.GENERATION_LOST)
    assert stage.alerts.raised == [Alert(AlertKind.GENERATION_GIVEN_UP, job.id)]


async def test_a_bot_that_is_restarted_every_day_comes_to_an_end_too(stage: Stage) -> None:
    stage.powerpost.production.hold()
    job = await stage.order()

    first = await watch_for(stage, a_poller(stage), job, timedelta(hours=22))
    stage.clock.move(timedelta(hours=2))
    second = await watch_for(stage, a_poller(stage), job, timedelta(hours=6))

    assert (first.state, second.state) == (JobState.PROCESSING, JobState.FAILED)


REFUSED = Answer(401, {"error": {"code": "INVALID_API_KEY", "message": "Invalid API key"}})


async def test_a_key_that_is_refused_for_a_week_ends_what_it_would_have_to_look_at(
    stage: Stage, poller: Poller
) -> None:
    """Such a video counted as being made for ever: its member's places stayed taken, and could erase nothing."""
    stage.powerpost.production.hold()
    job = await stage.order()
    refused = stage.powerpost.faults.add(LOOK, REFUSED, times=None)

    assert (await watch_for(stage, poller, job, timedelta(days=6))).state is JobState.PROCESSING
    job = await watch_for(stage, poller, job, timedelta(days=2))

    assert refused.applied > 100
    assert (job.state, job.failure) == (JobState.FAILED, Failure.GENERATION_LOST)
    assert stage.alerts.raised == [Alert(AlertKind.GENERATION_GIVEN_UP, job.id)]


async def test_a_key_that_is_taken_again_begins_the_week_anew(stage: Stage, poller: Poller) -> None:
    stage.powerpost.production.hold()
    job = await stage.order()
    stage.powerpost.faults.add(LOOK, REFUSED, times=None)
    await watch_for(stage, poller, job, timedelta(days=6))
    stage.powerpost.faults.clear()
    await look_at(stage, poller, job)

    stage.powerpost.faults.add(LOOK, REFUSED, times=None)

    assert (await watch_for(stage, poller, job, timedelta(days=6))).state is JobState.PROCESSING


FIRST_LOOKS = [
    Answer(503),
    Answer(429, {"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "slow down"}, "retryAfter": 1}),
    Answer(200, {"status": "completed"}),
    ResetBefore(),
    NOT_FOUND,
]


@pytest.mark.parametrize("fault", FIRST_LOOKS, ids=["503", "429", "unreadable", "unreachable", "404"])
@pytest.mark.parametrize("jump", [timedelta(hours=25), timedelta(hours=-2)], ids=["later", "earlier"])
async def test_one_look_that_failed_after_a_day_of_downtime_gives_no_paid_video_up(
    stage: Stage, fault: Fault, jump: timedelta
) -> None:
    """It was failed and its credits released, although PowerPost would have said `completed` next."""
    job = await stage.order()
    stage.clock.move(timedelta(hours=25))
    stage.clock.jump(jump)
    await stage.powerpost.wait_for(lambda: stage.powerpost.generations[0].status.finished)
    stage.powerpost.faults.add(LOOK, fault, times=None)
    poller = a_poller(stage)

    await look_at(stage, poller, job)
    assert (await stage.now(job)).state is JobState.PROCESSING
    stage.powerpost.faults.clear()
    await look_for(stage, poller, 2 * MINUTE)

    assert (await stage.now(job)).state is JobState.DELIVERING
    assert (await stage.balance()).reserved == 15


@pytest.mark.parametrize("jump", [timedelta(hours=25), timedelta(hours=-2)], ids=["later", "earlier"])
async def test_a_wall_clock_that_jumps_changes_nothing(stage: Stage, poller: Poller, jump: timedelta) -> None:
    """Set forward by 25 hours it gave the video up, set back by 2 it stopped looking for two hours."""
    stage.powerpost.production.hold()
    job = await stage.order()
    await look_at(stage, poller, job)
    stage.clock.jump(jump)

    before = len(looks(stage))
    await look_for(stage, poller, MINUTE)
    assert len(looks(stage)) >= before + 5
    assert (await stage.now(job)).state is JobState.PROCESSING

    stage.powerpost.production.release()
    stage.clock.move(GENERATION_TIME)
    await stage.powerpost.wait_for(lambda: stage.powerpost.generations[0].status.finished)
    await look_for(stage, poller, timedelta(seconds=30))
    assert (await stage.now(job)).state is JobState.DELIVERING


async def test_after_a_look_that_failed_the_next_one_comes_soon_however_old_the_video_is(
    stage: Stage, poller: Poller
) -> None:
    """It came half an hour later."""
    stage.powerpost.production.hold()
    job = await stage.order()
    await watch_for(stage, poller, job, timedelta(hours=11))
    stage.clock.move(29 * MINUTE)
    stage.powerpost.faults.add(LOOK, Answer(503), times=None)
    await look_at(stage, poller, job)
    stage.powerpost.faults.clear()

    before = len(looks(stage))
    await look_for(stage, poller, timedelta(seconds=15))
    assert len(looks(stage)) == before + 1


async def test_a_slow_video_is_looked_at_ever_more_rarely(stage: Stage, poller: Poller) -> None:
    stage.powerpost.production.hold()
    job = await stage.order()

    counts = []
    for _ in range(3):
        before = len(looks(stage))
        await look_for(stage, poller, 20 * MINUTE)
        counts.append(len(looks(stage)) - before)
        await watch_for(stage, poller, job, timedelta(hours=5))

    young, slow, forgotten = counts
    assert young > 100
    assert 1 <= slow <= 2
    assert forgotten <= 1


@pytest.mark.parametrize("fault", [Answer(503), ResetBefore()], ids=lambda fault: type(fault).__name__)
async def test_while_powerpost_is_down_it_is_asked_rarely_and_then_things_go_on(
    stage: Stage, poller: Poller, fault: Answer
) -> None:
    job = await stage.order()
    outage = stage.powerpost.faults.add(LOOK, fault, times=None)

    await look_for(stage, poller, 5 * MINUTE)
    assert (await stage.now(job)).state is JobState.PROCESSING
    assert 6 <= outage.applied <= 3 * 8

    stage.powerpost.faults.clear()
    await look_for(stage, poller, 3 * MINUTE)
    assert (await stage.now(job)).state is JobState.DELIVERING


async def test_a_video_whose_answers_cannot_be_read_does_not_slow_the_others(stage: Stage, poller: Poller) -> None:
    stage.powerpost.production.hold()
    odd, other = await stage.order(), await stage.order()
    stage.powerpost.faults.add(
        LOOK,
        Answer(200, {"status": "completed"}),
        times=None,
        when=lambda request: str(odd.generation_id) in request.path,
    )

    await look_for(stage, poller, 5 * MINUTE)
    stage.powerpost.production.release()
    await look_for(stage, poller, timedelta(seconds=45))

    assert (await stage.now(other)).state is JobState.DELIVERING
    assert (await stage.now(odd)).state is JobState.PROCESSING


async def test_a_video_whose_answers_stay_unreadable_is_told_once_after_an_hour_and_asked_about_on(
    stage: Stage, poller: Poller
) -> None:
    job = await stage.order()
    stage.powerpost.faults.add(LOOK, Answer(200, {"status": "completed"}), times=None)

    await look_for(stage, poller, 55 * MINUTE)
    assert stage.alerts.raised == []
    await look_for(stage, poller, 10 * MINUTE)

    assert stage.alerts.raised == [Alert(AlertKind.GENERATION_UNREADABLE, job.id)]
    stage.powerpost.faults.clear()
    await look_for(stage, poller, 3 * MINUTE)
    assert (await stage.now(job)).state is JobState.DELIVERING


async def test_an_answer_that_can_be_read_begins_the_hour_again(stage: Stage, poller: Poller) -> None:
    stage.powerpost.production.hold()
    await stage.order()
    for _ in range(2):
        stage.powerpost.faults.add(LOOK, Answer(200, {"status": "completed"}), times=None)
        await look_for(stage, poller, 40 * MINUTE)
        stage.powerpost.faults.clear()
        await look_for(stage, poller, 5 * MINUTE)

    assert stage.alerts.raised == []


class PoisonedBooks(JobStore):
    """The real store, which breaks over one job."""

    poisoned: JobId | None = None

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        if job_id == self.poisoned:
            raise RuntimeError("nobody foresaw this")
        return await super().move(job_id, start, end, **changes)


async def test_a_video_that_always_fails_in_our_hands_is_looked_at_rarely_and_the_operator_told(stage: Stage) -> None:
    books = PoisonedBooks(database=stage.database, clock=stage.clock)
    poller = a_poller(stage, jobs=books)
    poisoned, sound = await stage.order(), await stage.order()
    books.poisoned = poisoned.id
    stage.clock.move(GENERATION_TIME)
    await stage.powerpost.wait_for(lambda: all(made.status.finished for made in stage.powerpost.generations))

    await look_for(stage, poller, timedelta(seconds=1000))

    assert (await stage.now(sound)).state is JobState.DELIVERING
    assert len(looks(stage)) <= 1 + 12
    assert stage.alerts.raised == [Alert(AlertKind.WORK_STEPPED_ASIDE, f"job {poisoned.id}")]


async def test_a_429_is_obeyed(stage: Stage, poller: Poller) -> None:
    await stage.order()
    stage.powerpost.faults.add(LOOK, TooManyRequests(retry_after=50))
    await look_for(stage, poller, timedelta(seconds=5))
    assert looks(stage) == [429]

    await look_for(stage, poller, timedelta(seconds=45))
    assert looks(stage) == [429]
    await look_for(stage, poller, timedelta(seconds=20))
    assert looks(stage)[:2] == [429, 200]


async def test_forty_videos_share_the_budget_of_one_key_and_none_is_answered_429(stage: Stage, poller: Poller) -> None:
    """30 requests a minute, orders included: every job is looked at, and PowerPost never has to refuse."""
    stage.powerpost.production.hold()
    jobs = []
    for number in range(40):
        await stage.clock.hurry(stage.paying.turn_to_order())
        jobs.append(await stage.order(f"cat {number}"))

    await look_for(stage, poller, 3 * MINUTE)

    assert 429 not in [request.status for request in stage.powerpost.requests]
    assert len(looks(stage)) >= 0.8 * 27 * 3
    asked = {request.path.rpartition("/")[2] for request in stage.powerpost.requests if request.route == LOOK}
    assert asked == {job.generation_id for job in jobs}


async def test_nothing_to_look_at_lets_the_loop_sleep(poller: Poller) -> None:
    assert await poller.step() == LONGEST_SLEEP


async def test_the_loop_goes_on_after_a_restart_from_the_books_alone(stage: Stage, poller: Poller) -> None:
    job = await stage.order()
    stage.clock.move(GENERATION_TIME)
    await stage.powerpost.wait_for(lambda: stage.powerpost.generations[0].status.finished)
    running = asyncio.create_task(poller.run())

    async with soon():
        await stage.next_wakeup.wait(timedelta(hours=1))

    assert (await stage.now(job)).state is JobState.DELIVERING
    running.cancel()
    await asyncio.wait({running})
