"""What a process that died in the middle left behind."""

from __future__ import annotations

from bot.domain.job import JobState
from bot.services.recover import recover
from tests.services.stage import Stage


async def test_an_interrupted_order_becomes_unconfirmed_and_everything_else_stays(stage: Stage) -> None:
    interrupted = await stage.accept("a cat that was being ordered")
    await stage.move(interrupted, JobState.QUEUED, JobState.SUBMITTING)
    waiting = await stage.accept("a cat that waits")
    made = await stage.order("a cat that is being made")

    assert await recover(stage.jobs) == 1

    states = [(await stage.now(job)).state for job in (interrupted, waiting, made)]
    assert states == [JobState.UNCONFIRMED, JobState.QUEUED, JobState.PROCESSING]
    assert (await stage.balance()).reserved == 45


async def test_recovering_twice_changes_nothing_more(stage: Stage) -> None:
    job = await stage.accept()
    await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)

    assert await recover(stage.jobs) == 1
    assert await recover(stage.jobs) == 0
