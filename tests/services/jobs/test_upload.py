"""Bringing a picture to PowerPost before its order: free, so it may be tried again, but not for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import JobId
from bot.domain.job import Failure, Job, JobState
from bot.domain.request import SourceImage
from bot.errors import DatabaseUnavailable
from bot.services.jobs.upload import LONGEST_PAUSE, TRIES_END_AFTER, UNFORESEEN_TRIES, Uploader
from sandbox.powerpost.faults import Answer, HtmlPage, ResetAfter, TooManyRequests
from storage.jobs import JobStore
from tests.services.jobs.test_submit import a_submitter, one_round, unreachable
from tests.services.stage import GRANTED, UPLOAD, Stage, a_picture


@pytest.fixture
def uploader(stage: Stage) -> Uploader:
    return Uploader(jobs=stage.jobs, accounts=stage.accounts, alerts=stage.alerts, clock=stage.clock)


@pytest.fixture
async def job(stage: Stage) -> Job:
    return await stage.accept("the cat, waking up", image=a_picture())


async def test_a_picture_is_at_powerpost_before_its_order_and_ours_is_dropped(stage: Stage, job: Job) -> None:
    await one_round(a_submitter(stage))

    [upload], [made] = stage.powerpost.uploads, stage.powerpost.generations
    assert made.order.source_image == upload.media_id
    assert (upload.mime_type, upload.file_name) == ("image/png", "source.png")
    assert await stage.jobs.source_image(job.id) is None


async def test_a_picture_that_is_there_already_is_not_sent_again(stage: Stage, job: Job, uploader: Uploader) -> None:
    """As after a restart between the upload and the order."""
    await uploader.upload(job)

    await one_round(a_submitter(stage))

    assert len(stage.powerpost.uploads) == 1
    assert (await stage.now(job)).state is JobState.PROCESSING


@pytest.mark.parametrize(
    ("fault", "pause"),
    [(TooManyRequests(retry_after=40), 40), (Answer(500), 10), (HtmlPage(200), 10), (ResetAfter(), 10)],
    ids=lambda value: type(value).__name__,
)
async def test_an_upload_that_may_work_later_is_put_off(
    stage: Stage, job: Job, uploader: Uploader, fault: Answer, pause: int
) -> None:
    stage.powerpost.faults.add(UPLOAD, fault)

    assert await uploader.upload(job) is None

    job = await stage.now(job)
    assert (job.state, job.not_before) == (JobState.QUEUED, stage.clock.now() + timedelta(seconds=pause))
    assert await stage.jobs.source_image(job.id) is not None


async def test_an_upload_that_was_put_off_lets_others_go_first(stage: Stage, job: Job) -> None:
    stage.powerpost.faults.add(UPLOAD, Answer(500))
    submitter = a_submitter(stage)
    other = await stage.accept("another request")

    await one_round(submitter)
    await one_round(submitter)

    assert (await stage.now(job)).state is JobState.QUEUED
    assert (await stage.now(other)).state is JobState.PROCESSING


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        ((400, "VALIDATION_ERROR"), Failure.IMAGE_REFUSED),
        ((413, "FILE_TOO_LARGE"), Failure.IMAGE_REFUSED),
        ((413, "STORAGE_QUOTA_EXCEEDED"), Failure.STORAGE_FULL),
        ((401, "INVALID_API_KEY"), Failure.KEY_REFUSED),
        ((403, "INSUFFICIENT_SCOPE"), Failure.KEY_REFUSED),
    ],
)
async def test_a_refused_picture_ends_the_job_and_costs_nothing(
    stage: Stage, job: Job, uploader: Uploader, answer: tuple[int, str], failure: Failure
) -> None:
    status, code = answer
    stage.powerpost.faults.add(UPLOAD, Answer(status, {"error": {"code": code, "message": "No"}}))

    assert await uploader.upload(job) is None

    job = await stage.now(job)
    assert (job.state, job.failure) == (JobState.FAILED, failure)
    assert (await stage.balance()).available == GRANTED
    assert await stage.jobs.source_image(job.id) is None


async def test_an_upload_is_given_up_after_half_an_hour_of_tries(stage: Stage, job: Job, uploader: Uploader) -> None:
    stage.powerpost.faults.add(UPLOAD, Answer(500), times=None)
    tries = 0
    while (await stage.now(job)).state is JobState.QUEUED:
        assert await uploader.upload(job) is None
        tries += 1
        not_before = (await stage.now(job)).not_before
        assert not_before is not None
        stage.clock.move(max(not_before - stage.clock.now(), timedelta(0)))

    ended = await stage.now(job)
    assert (ended.state, ended.failure) == (JobState.FAILED, Failure.UNREACHABLE)
    assert TRIES_END_AFTER <= ended.state_at - job.created_at <= TRIES_END_AFTER + LONGEST_PAUSE
    assert tries == 11  # ever more rarely
    assert (await stage.balance()).available == GRANTED


async def test_a_job_that_waited_long_before_its_first_upload_is_not_given_up_by_one_failure(
    stage: Stage, job: Job, uploader: Uploader
) -> None:
    """As after a day of downtime, or when the clock of the machine jumped."""
    stage.clock.move(timedelta(days=1))
    stage.powerpost.faults.add(UPLOAD, Answer(500))

    assert await uploader.upload(job) is None

    assert (await stage.now(job)).state is JobState.QUEUED
    assert await uploader.upload(job) is not None


class Poisoned(JobStore):
    """The real store, which cannot bring out a job's picture."""

    trouble: Exception = ZeroDivisionError("for a test")
    asked = 0

    async def source_image(self, job_id: JobId) -> SourceImage | None:
        self.asked += 1
        raise self.trouble


@pytest.fixture
def poisoned(stage: Stage) -> Poisoned:
    return Poisoned(database=stage.database, clock=stage.clock)


@pytest.mark.parametrize("trouble", [ZeroDivisionError("no"), MemoryError(), DatabaseUnavailable("no")], ids=repr)
async def test_an_upload_that_fails_in_any_way_lets_others_go_first(
    stage: Stage, job: Job, poisoned: Poisoned, trouble: Exception
) -> None:
    poisoned.trouble = trouble
    submitter = a_submitter(stage, jobs=poisoned)
    others = []
    for number in range(3):
        stage.clock.move(timedelta(seconds=1))
        others.append(await stage.accept(f"another request {number}"))

    for _ in range(4):
        await one_round(submitter)
        stage.clock.move(timedelta(seconds=1))

    assert poisoned.asked == 1
    assert {(await stage.now(other)).state for other in others} == {JobState.PROCESSING}


async def test_a_poisoned_upload_ends_its_job_after_some_tries_and_the_operator_is_told(
    stage: Stage, job: Job, poisoned: Poisoned
) -> None:
    submitter = a_submitter(stage, jobs=poisoned)
    for _ in range(200):
        await one_round(submitter)
        stage.clock.move(timedelta(seconds=5))

    ended = await stage.now(job)
    assert (ended.state, ended.failure, poisoned.asked) == (JobState.FAILED, Failure.OUR_MISTAKE, UNFORESEEN_TRIES)
    assert stage.alerts.raised == [Alert(AlertKind.UPLOAD_GIVEN_UP, job.id)]
    assert (await stage.balance()).available == GRANTED
    assert await stage.orders_made() == 0


async def test_a_database_in_trouble_ends_no_job(stage: Stage, job: Job, poisoned: Poisoned) -> None:
    poisoned.trouble = DatabaseUnavailable("no")
    submitter = a_submitter(stage, jobs=poisoned)
    for _ in range(200):
        await one_round(submitter)
        stage.clock.move(timedelta(seconds=5))

    assert (await stage.now(job)).state is JobState.QUEUED
    assert stage.alerts.raised == []


async def test_an_unreachable_powerpost_puts_the_upload_off(
    stage: Stage, job: Job, session: aiohttp.ClientSession
) -> None:
    async with unreachable(stage, session) as accounts:
        uploader = Uploader(jobs=stage.jobs, accounts=accounts, alerts=stage.alerts, clock=stage.clock)
        assert await stage.clock.hurry(uploader.upload(job)) is None

    assert (await stage.now(job)).state is JobState.QUEUED


async def test_a_job_whose_picture_was_lost_ends(stage: Stage, uploader: Uploader) -> None:
    job = await stage.accept()

    assert await uploader.upload(replace(job, has_image=True)) is None

    assert (await stage.now(job)).failure is Failure.IMAGE_REFUSED
