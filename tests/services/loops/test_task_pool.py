"""A bounded task pool: nothing twice, everything waited for, no error lost."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import TaskPool
from bot.services.loops.wakeup import Wakeup
from tests.clocks import MovableClock
from tests.services.stage import KeptAlerts, soon


@pytest.fixture
def wakeup() -> Wakeup:
    return Wakeup()


@pytest.fixture
def alerts() -> KeptAlerts:
    return KeptAlerts()


@pytest.fixture
def task_pool(wakeup: Wakeup, clock: MovableClock, alerts: KeptAlerts) -> TaskPool[str]:
    retries = Retries[str](clock, alerts=alerts, first=timedelta(seconds=2), longest=timedelta(minutes=2))
    return TaskPool[str](2, wakeup=wakeup, retries=retries)


async def test_a_task_pool_is_busy_until_the_work_is_done(task_pool: TaskPool[str]) -> None:
    may_end = asyncio.Event()

    async def work() -> None:
        await may_end.wait()

    task_pool.start("a", work())
    assert (task_pool.is_busy("a"), task_pool.is_busy("b"), task_pool.has_room) == (True, False, True)
    task_pool.start("b", work())
    assert not task_pool.has_room

    may_end.set()
    async with soon():
        await task_pool.idle()
    assert (task_pool.is_busy("a"), task_pool.has_room) == (False, True)


async def test_the_wakeup_rings_when_there_is_room_again(task_pool: TaskPool[str], wakeup: Wakeup) -> None:
    task_pool.start("a", asyncio.sleep(0))

    async with soon():
        await wakeup.wait(timedelta(hours=1))


async def test_an_error_is_logged_and_harms_nobody_else(
    task_pool: TaskPool[str], caplog: pytest.LogCaptureFixture
) -> None:
    done = []

    async def fails() -> None:
        raise RuntimeError("for a test")

    async def works() -> None:
        done.append("b")

    task_pool.start("a", fails())
    task_pool.start("b", works())
    async with soon():
        await task_pool.idle()

    assert done == ["b"]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.__dict__["action"] == "work_failed"
    assert record.__dict__["key"] == "a"


async def test_work_that_failed_does_not_wake(task_pool: TaskPool[str], wakeup: Wakeup) -> None:
    """Its loop would begin it again at once, and fail again, as fast as the machine can."""

    async def fails() -> None:
        raise RuntimeError("for a test")

    task_pool.start("a", fails())
    async with soon():
        await task_pool.idle()

    assert not wakeup._woken.is_set()


async def test_work_that_failed_is_left_alone_for_longer_each_time(
    task_pool: TaskPool[str], clock: MovableClock
) -> None:
    async def fails() -> None:
        raise RuntimeError("for a test")

    for pause in (2, 4, 8):
        task_pool.start("a", fails())
        async with soon():
            await task_pool.idle()
        clock.move(timedelta(seconds=pause - 0.5))
        assert not task_pool.is_free("a")
        assert task_pool.is_free("b")
        clock.move(timedelta(seconds=0.5))
        assert task_pool.is_free("a")

    assert (task_pool.failures("a"), task_pool.failures("b")) == (3, 0)


async def test_closing_lets_work_end_within_the_grace(task_pool: TaskPool[str]) -> None:
    may_end, ended = asyncio.Event(), []

    async def work() -> None:
        await may_end.wait()
        ended.append("whole")

    task_pool.start("a", work())
    closing = asyncio.create_task(task_pool.close(timedelta(seconds=90)))
    await asyncio.sleep(0)
    assert not closing.done()

    may_end.set()
    async with soon():
        await closing
    assert ended == ["whole"]


async def test_closing_cancels_what_does_not_end_and_waits_for_it(task_pool: TaskPool[str]) -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cleaned up")

    task_pool.start("a", work())
    await asyncio.sleep(0)
    async with soon():
        await task_pool.close(timedelta(milliseconds=1))

    assert ended == ["cleaned up"]
    assert not task_pool.is_busy("a")


async def test_closing_before_the_work_began_leaves_no_warning(task_pool: TaskPool[str]) -> None:
    """A coroutine that is dropped without ever running would warn, and warnings are errors here."""
    task_pool.start("a", asyncio.sleep(0))

    async with soon():
        await task_pool.close()

    assert not task_pool.is_busy("a")
