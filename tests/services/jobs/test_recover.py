"""What a process that died in the middle left behind."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.domain.job import JobState
from bot.services.jobs.recover import recover
from tests.services.stage import Stage

_SENT = (JobState.QUEUED, JobState.SUBMITTING)
_MADE = (*_SENT, JobState.PROCESSING, JobState.DELIVERING)
WAY_TO: dict[JobState, tuple[JobState, ...]] = {
    JobState.QUEUED: (JobState.QUEUED,),
    JobState.SUBMITTING: _SENT,
    JobState.UNCONFIRMED: (*_SENT, JobState.UNCONFIRMED),
    JobState.PROCESSING: (*_SENT, JobState.PROCESSING),
    JobState.DELIVERING: _MADE,
    JobState.COMPLETED: (*_MADE, JobState.COMPLETED),
    JobState.FAILED: (*_SENT, JobState.FAILED),
    JobState.CANCELLED: (JobState.QUEUED, JobState.CANCELLED),
}


async def test_an_interrupted_order_becomes_unconfirmed_and_everything_else_stays(stage: Stage) -> None:
    interrupted = await stage.accept("a cat that was being ordered")
    await stage.move(interrupted, JobState.QUEUED, JobState.SUBMITTING)
    waiting = await stage.accept("a cat that waits")
    made = await stage.order("a cat that is being made")

    assert await recover(stage.jobs, stage.outcomes()) == 1

    states = [(await stage.now(job)).state for job in (interrupted, waiting, made)]
    assert states == [JobState.UNCONFIRMED, JobState.QUEUED, JobState.PROCESSING]
    assert (await stage.balance()).reserved == 45


@pytest.mark.parametrize("state", JobState)
async def test_every_state_but_one_is_left_to_its_loop(stage: Stage, state: JobState) -> None:
    job = await stage.accept()
    for start, end in pairwise(WAY_TO[state]):
        job = await stage.move(job, start, end)

    await recover(stage.jobs, stage.outcomes())

    interrupted = state is JobState.SUBMITTING
    assert (await stage.now(job)).state is (JobState.UNCONFIRMED if interrupted else state)
    assert await stage.ledger.verify() == []


async def test_recovering_twice_changes_nothing_more(stage: Stage) -> None:
    job = await stage.accept()
    await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)

    assert await recover(stage.jobs, stage.outcomes()) == 1
    assert await recover(stage.jobs, stage.outcomes()) == 0
