"""Loops that are kept running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.errors import DatabaseUnavailable
from bot.services.loops.supervisor import LONGEST_STORAGE_PAUSE, supervise
from tests.clocks import MovableClock

Loop = Callable[[], Awaitable[None]]


@asynccontextmanager
async def supervised(clock: MovableClock, **loops: Loop) -> AsyncIterator[None]:
    task = asyncio.create_task(supervise(loops, clock))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_a_loop_that_fails_is_said_and_started_again_ever_more_slowly(
    clock: MovableClock, caplog: pytest.LogCaptureFixture
) -> None:
    async def fails() -> None:
        raise RuntimeError("for a test")

    pauses = []
    async with supervised(clock, poll=fails):
        for _ in range(8):
            pauses.append(await clock.next_sleeper())
            clock.move(pauses[-1])

    assert [pause.total_seconds() for pause in pauses] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert {record.__dict__["loop"] for record in caplog.records} == {"poll"}


async def test_while_the_database_cannot_answer_a_loop_is_started_again_within_seconds(clock: MovableClock) -> None:
    """After 75 seconds without PostgreSQL, it took 51 more."""

    async def fails() -> None:
        raise DatabaseUnavailable("for a test")

    pauses = []
    async with supervised(clock, poll=fails):
        for _ in range(20):
            pauses.append(await clock.next_sleeper())
            clock.move(pauses[-1])

    assert max(pauses) == LONGEST_STORAGE_PAUSE == timedelta(seconds=5)


async def test_a_loop_that_went_well_for_long_is_started_again_soon(clock: MovableClock) -> None:
    async def fails_after_an_hour() -> None:
        clock.move(timedelta(hours=1))
        raise RuntimeError("for a test")

    async with supervised(clock, poll=fails_after_an_hour):
        for _ in range(3):
            assert await clock.next_sleeper() == timedelta(seconds=1)
            clock.move(timedelta(seconds=1))


async def test_a_loop_that_returns_is_started_again(clock: MovableClock) -> None:
    rounds = []

    async def returns() -> None:
        rounds.append(1)

    async with supervised(clock, poll=returns):
        clock.move(await clock.next_sleeper())
        await clock.next_sleeper()

    assert len(rounds) == 2


async def test_one_failing_loop_does_not_stop_another(clock: MovableClock) -> None:
    still_there = asyncio.Event()

    async def fails() -> None:
        raise RuntimeError("for a test")

    async def serves() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            still_there.set()

    async with supervised(clock, poll=fails, submit=serves):
        clock.move(await clock.next_sleeper())
        await clock.next_sleeper()
        assert not still_there.is_set()
    assert still_there.is_set()
