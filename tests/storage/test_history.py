"""What earlier jobs say about later ones."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.job import JobState
from bot.domain.pricing import PriceKey
from storage.history import JobHistory
from tests.storage.stage import Stage


async def test_usual_time_is_the_median_of_completed_jobs(stage: Stage) -> None:
    await stage.grant(100)
    for seconds in (60, 90, 600):
        job = await stage.advance(await stage.accept(), JobState.PROCESSING, used=15)
        stage.clock.move(timedelta(seconds=seconds))
        await stage.jobs.move(job.id, JobState.PROCESSING, JobState.DELIVERING)
        await stage.jobs.move(job.id, JobState.DELIVERING, JobState.COMPLETED)
    await stage.advance(await stage.accept(), JobState.PROCESSING, used=15)

    usual = await JobHistory(database=stage.database).usual_times()

    assert usual == {PriceKey("kling-3.0-pro", 5, audio=False): timedelta(seconds=90)}


async def test_counts_name_the_states_that_have_jobs(stage: Stage) -> None:
    await stage.grant(100)
    await stage.accept()
    await stage.accept()
    await stage.advance(await stage.accept(), JobState.COMPLETED)
    assert await JobHistory(database=stage.database).counts() == {JobState.QUEUED: 2, JobState.COMPLETED: 1}
