"""A queued job can be taken back; one that was ordered cannot."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.identifiers import JobId
from bot.domain.job import JobState
from bot.services.jobs.cancel import Cancel
from tests.services.stage import GRANTED, Stage, a_picture, soon


async def test_a_queued_job_is_cancelled_and_its_credits_are_free_again(stage: Stage) -> None:
    job = await stage.accept(image=a_picture())

    cancelled = await Cancel(jobs=stage.jobs, moved=(stage.next_wakeup,)).cancel(job.id)

    assert cancelled is not None
    assert cancelled.state is JobState.CANCELLED
    assert (await stage.balance()).available == GRANTED
    assert await stage.jobs.source_image(job.id) is None
    async with soon():
        await stage.next_wakeup.wait(timedelta(hours=1))


async def test_cancelling_twice_gives_the_credits_back_once(stage: Stage) -> None:
    job = await stage.accept()
    cancel = Cancel(jobs=stage.jobs)

    assert await cancel.cancel(job.id) is not None
    assert await cancel.cancel(job.id) is None
    assert (await stage.balance()).available == GRANTED


@pytest.mark.parametrize("state", [JobState.SUBMITTING, JobState.UNCONFIRMED])
async def test_a_job_that_may_have_been_ordered_is_not_cancelled(stage: Stage, state: JobState) -> None:
    job = await stage.accept()
    await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    if state is not JobState.SUBMITTING:
        await stage.move(job, JobState.SUBMITTING, state)

    assert await Cancel(jobs=stage.jobs).cancel(job.id) is None
    assert (await stage.balance()).reserved == 15


async def test_a_job_that_is_not_there_is_not_cancelled(stage: Stage) -> None:
    assert await Cancel(jobs=stage.jobs).cancel(JobId("nothing")) is None
