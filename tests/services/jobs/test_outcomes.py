"""The outcome of a paid order is never dropped: whatever the database says, whoever has moved the job, whoever dies."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Unpack
from uuid import uuid4

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import Credits, JobId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.domain.outcome import Outcome
from bot.errors import DatabaseUnavailable
from bot.powerpost.models import Accepted, GenerateOrder
from bot.services.jobs.recover import recover
from sandbox.powerpost.faults import Answer, TooManyRequests
from storage.jobs import JobStore
from storage.outcome_file import OutcomeFile
from tests.services.jobs.test_submit import a_submitter, one_round
from tests.services.stage import GENERATE, GRANTED, Stage, soon


class RefusingBooks(JobStore):
    """The real store, which refuses to write outcomes as long as `trouble` is set."""

    trouble: Exception | None = None
    refusals = 0

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        if start is not JobState.QUEUED and self.trouble is not None:
            self.refusals += 1
            if self.refusals == 3:
                self.trouble = None
            raise self.trouble or DatabaseUnavailable("the last time")
        return await super().move(job_id, start, end, **changes)


def refusing_books(stage: Stage, trouble: Exception) -> RefusingBooks:
    books = RefusingBooks(database=stage.database, clock=stage.clock)
    books.trouble = trouble
    return books


@pytest.mark.parametrize(
    "trouble", [DatabaseUnavailable("no"), MemoryError(), RuntimeError("no"), PermissionError("no")], ids=repr
)
async def test_an_outcome_is_tried_again_whatever_storing_it_raises(stage: Stage, trouble: Exception) -> None:
    books = refusing_books(stage, trouble)
    submitter = a_submitter(stage, jobs=books)
    job = await stage.accept()

    async with soon():
        await submitter.step()
        await stage.clock.hurry(submitter.task_pool.idle())

    job = await stage.now(job)
    assert (job.state, books.refusals) == (JobState.PROCESSING, 3)
    assert stage.alerts.raised == [Alert(AlertKind.OUTCOME_NOT_STORED, job.id)]
    assert await stage.outcome_file.read() == []


async def test_the_outcome_is_in_the_file_before_the_database_is_asked(stage: Stage) -> None:
    books = refusing_books(stage, RuntimeError("no"))
    submitter = a_submitter(stage, jobs=books)
    job = await stage.accept()
    await submitter.step()
    await stage.clock.next_sleeper()  # it waits before it tries again

    [kept] = await OutcomeFile(stage.outcome_file._path).read()

    [made] = stage.powerpost.generations
    assert (kept.job_id, kept.end, kept.generation_id) == (job.id, JobState.PROCESSING, made.id)
    await submitter.task_pool.close()


async def test_a_stop_is_not_held_up_by_a_database_that_stays_broken(stage: Stage) -> None:
    """The next start attaches what the file knows."""
    books = refusing_books(stage, RuntimeError("no"))
    submitter = a_submitter(stage, jobs=books)
    job = await stage.accept()
    await submitter.step()
    await stage.clock.next_sleeper()

    async with soon():
        await submitter.close()

    assert (await stage.now(job)).state is JobState.SUBMITTING
    assert await recover(stage.jobs, stage.outcomes()) == 0
    assert (await stage.now(job)).generation_id == stage.powerpost.generations[0].id


async def test_what_was_left_to_the_next_start_is_tried_once_more_before_the_process_ends(stage: Stage) -> None:
    """The next start may be another machine's, whose disk has no such file: the video was written off after a day."""
    books = refusing_books(stage, RuntimeError("no"))
    submitter = a_submitter(stage, jobs=books)
    job = await stage.accept()
    await submitter.step()
    await stage.clock.next_sleeper()
    submitter.pause()
    async with soon():
        await submitter.task_pool.idle()
    books.trouble = None
    await stage.move(job, JobState.SUBMITTING, JobState.UNCONFIRMED)  # the other machine begins

    await submitter.close()

    job = await stage.now(job)
    assert (job.state, job.generation_id) == (JobState.PROCESSING, stage.powerpost.generations[0].id)
    assert await stage.outcome_file.read() == []


async def test_an_outcome_that_the_disk_does_not_take_goes_to_the_database(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(_: Outcome) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stage.outcome_file, "keep", full)
    job = await stage.accept()

    await one_round(a_submitter(stage))

    assert (await stage.now(job)).state is JobState.PROCESSING


async def answered_while_another_process_starts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A job that another process marks unconfirmed just before PowerPost's answer is known here."""
    generate = stage.paying.generate

    async def ask(order: GenerateOrder) -> Accepted:
        try:
            return await generate(order)
        finally:
            assert await recover(stage.jobs, stage.outcomes()) == 1

    monkeypatch.setattr(stage.paying, "generate", ask)
    job = await stage.accept()
    await one_round(a_submitter(stage))
    return await stage.now(job)


async def test_an_answer_attaches_to_a_job_that_was_marked_unconfirmed_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await answered_while_another_process_starts(stage, monkeypatch)

    [made] = stage.powerpost.generations
    assert (job.state, job.generation_id, job.credits_used) == (JobState.PROCESSING, made.id, 15)
    assert stage.alerts.raised == []


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Answer(400, {"error": {"code": "VALIDATION_ERROR", "message": "No"}}), Failure.REQUEST_REFUSED),
        (TooManyRequests(retry_after=40), Failure.NOT_TAKEN),
    ],
    ids=["refused", "rate limited"],
)
async def test_a_sure_refusal_ends_a_job_that_was_marked_unconfirmed_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: Answer | TooManyRequests, failure: Failure
) -> None:
    stage.powerpost.faults.add(GENERATE, fault)

    job = await answered_while_another_process_starts(stage, monkeypatch)

    assert (job.state, job.failure) == (JobState.FAILED, failure)
    assert (await stage.balance()).available == GRANTED


async def test_an_answer_for_a_job_that_was_given_up_is_told_with_the_videos_id(stage: Stage) -> None:
    job = await stage.accept()
    submitting = await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    await stage.move(job, JobState.SUBMITTING, JobState.UNCONFIRMED)
    await stage.jobs.move(job.id, JobState.UNCONFIRMED, JobState.FAILED, failure=Failure.NEVER_CONFIRMED)

    video = str(uuid4())
    await stage.outcomes().store(accepted(submitting, video), leaving=asyncio.Event())

    assert stage.alerts.raised == [Alert(AlertKind.ANSWER_TOO_LATE, f"{job.id} (video {video})")]
    assert (await stage.now(job)).state is JobState.FAILED


async def test_an_outcome_that_was_stored_although_the_database_seemed_to_fail_is_no_news(stage: Stage) -> None:
    """The connection may break between the commit and its answer."""
    job = await stage.accept()
    submitting = await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    outcome = accepted(submitting, "a-video")

    for _ in range(2):
        await stage.outcomes().store(outcome, leaving=asyncio.Event())

    assert stage.alerts.raised == []
    assert (await stage.now(job)).state is JobState.PROCESSING


KNOWN = [
    (JobState.SUBMITTING, JobState.PROCESSING, JobState.PROCESSING),
    (JobState.UNCONFIRMED, JobState.PROCESSING, JobState.PROCESSING),
    (JobState.SUBMITTING, JobState.FAILED, JobState.FAILED),
    (JobState.UNCONFIRMED, JobState.FAILED, JobState.FAILED),
    (JobState.SUBMITTING, JobState.QUEUED, JobState.QUEUED),
    (JobState.UNCONFIRMED, JobState.QUEUED, JobState.FAILED),
    (JobState.SUBMITTING, JobState.UNCONFIRMED, JobState.UNCONFIRMED),
    (JobState.UNCONFIRMED, JobState.UNCONFIRMED, JobState.UNCONFIRMED),
]


@pytest.mark.parametrize(("found", "known", "end"), KNOWN)
async def test_a_start_attaches_what_the_file_knows(
    stage: Stage, found: JobState, known: JobState, end: JobState
) -> None:
    job = await stage.accept()
    submitting = await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    if found is JobState.UNCONFIRMED:
        await stage.move(job, JobState.SUBMITTING, JobState.UNCONFIRMED)
    outcome = accepted(submitting, "a-video") if known is JobState.PROCESSING else an_end(submitting, known)
    await stage.outcome_file.keep(outcome)

    await recover(stage.jobs, stage.outcomes())

    assert (await stage.now(job)).state is end
    assert await stage.outcome_file.read() == []


async def test_an_outcome_of_an_earlier_order_of_the_job_is_not_attached(stage: Stage) -> None:
    """A rate limit that was stored, and whose line stayed: the job was ordered again, and that one is in doubt."""
    job = await stage.accept()
    first = await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    await stage.outcome_file.keep(an_end(first, JobState.QUEUED))
    await stage.move(job, JobState.SUBMITTING, JobState.QUEUED)
    stage.clock.move(timedelta(seconds=1))
    await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)

    assert await recover(stage.jobs, stage.outcomes()) == 1

    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    assert await stage.outcome_file.read() == []


async def test_an_answer_for_a_job_that_the_database_does_not_know_is_told(stage: Stage) -> None:
    """As after an older backup was put back."""
    outcome = Outcome(JobId("gone"), stage.clock.now(), JobState.PROCESSING, JobChanges(generation_id="a-video"))
    await stage.outcome_file.keep(outcome)

    await recover(stage.jobs, stage.outcomes())

    assert stage.alerts.raised == [Alert(AlertKind.ANSWER_TOO_LATE, "gone (video a-video)")]


async def test_while_the_database_refuses_a_start_keeps_the_file(stage: Stage) -> None:
    job = await stage.accept()
    submitting = await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    await stage.outcome_file.keep(accepted(submitting, "a-video"))
    books = refusing_books(stage, DatabaseUnavailable("no"))

    with pytest.raises(DatabaseUnavailable):
        await recover(books, stage.outcomes(books))

    assert [kept.job_id for kept in await stage.outcome_file.read()] == [job.id]


def accepted(job: Job, video: str) -> Outcome:
    changes = JobChanges(generation_id=video, credits_used=Credits(15), submitted_at=job.state_at)
    return Outcome(job.id, job.ordered_at, JobState.PROCESSING, changes)


def an_end(job: Job, end: JobState) -> Outcome:
    changes = JobChanges(failure=Failure.ACCOUNT_EMPTY) if end is JobState.FAILED else JobChanges()
    return Outcome(job.id, job.ordered_at, end, changes)
