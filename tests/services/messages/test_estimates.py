"""About when a video is ready: from experience, and never a promise that has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from bot.domain.identifiers import JobId
from bot.domain.job import Job
from bot.domain.pricing import PriceKey, price_key
from bot.services.messages.estimates import REFRESH_EVERY, USUAL_TIME, Estimates
from tests.clocks import MovableClock
from tests.cogs.factories import a_job


class Remembered:
    """Fits `History`: what a test says."""

    def __init__(self) -> None:
        self.times: dict[PriceKey, timedelta] = {}

    async def usual_times(self) -> Mapping[PriceKey, timedelta]:
        return dict(self.times)


@pytest.fixture
def job(clock: MovableClock) -> Job:
    return a_job(id=JobId("a"), submitted_at=clock.now())


def test_without_experience_a_video_takes_two_minutes(clock: MovableClock, job: Job) -> None:
    assert Estimates(history=Remembered(), clock=clock).ready_at(job) == clock.now() + USUAL_TIME


def test_a_job_that_was_not_ordered_has_no_estimate(clock: MovableClock) -> None:
    assert Estimates(history=Remembered(), clock=clock).ready_at(a_job(submitted_at=None)) is None


def test_a_job_that_takes_longer_than_usual_has_no_estimate_any_more(clock: MovableClock, job: Job) -> None:
    estimates = Estimates(history=Remembered(), clock=clock)

    clock.move(USUAL_TIME)

    assert estimates.ready_at(job) is None


async def test_experience_is_learned_and_refreshed(clock: MovableClock, job: Job) -> None:
    history = Remembered()
    history.times[price_key(job.spec)] = timedelta(seconds=70)
    estimates = Estimates(history=history, clock=clock)
    learning = asyncio.create_task(estimates.run())

    assert await clock.next_sleeper() == REFRESH_EVERY
    assert estimates.ready_at(job) == clock.now() + timedelta(seconds=70)

    history.times[price_key(job.spec)] = timedelta(seconds=300)
    clock.move(REFRESH_EVERY)
    await clock.next_sleeper()
    assert estimates.ready_at(job) == clock.now() + timedelta(seconds=300) - REFRESH_EVERY

    learning.cancel()
    await asyncio.wait({learning})
