"""A bounded crew: nothing twice, everything waited for, no error lost."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest

from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import Crew
from bot.services.loops.wakeup import Bell
from tests.clocks import MovableClock
from tests.services.stage import KeptAlerts, soon


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
def alerts() -> KeptAlerts:
    return KeptAlerts()


@pytest.fixture
def crew(bell: Bell, clock: MovableClock, alerts: KeptAlerts) -> Crew[str]:
    retries = Retries[str](clock, alerts=alerts, first=timedelta(seconds=2), longest=timedelta(minutes=2))
    return Crew[str](2, bell=bell, retries=retries)


async def test_a_crew_is_busy_until_the_work_is_done(crew: Crew[str]) -> None:
    may_end = asyncio.Event()

    async def work() -> None:
        await may_end.wait()

    crew.start("a", work())
    assert (crew.is_busy("a"), crew.is_busy("b"), crew.has_room) == (True, False, True)
    crew.start("b", work())
    assert not crew.has_room

    may_end.set()
    async with soon():
        await crew.idle()
    assert (crew.is_busy("a"), crew.has_room) == (False, True)


async def test_the_bell_rings_when_there_is_room_again(crew: Crew[str], bell: Bell) -> None:
    crew.start("a", asyncio.sleep(0))

    async with soon():
        await bell.wait(timedelta(hours=1))


async def test_an_error_is_logged_and_harms_nobody_else(crew: Crew[str], caplog: pytest.LogCaptureFixture) -> None:
    done = []

    async def fails() -> None:
        raise RuntimeError("for a test")

    async def works() -> None:
        done.append("b")

    crew.start("a", fails())
    crew.start("b", works())
    async with soon():
        await crew.idle()

    assert done == ["b"]
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.__dict__["action"] == "work_failed"
    assert record.__dict__["key"] == "a"


async def test_work_that_failed_does_not_ring(crew: Crew[str], bell: Bell) -> None:
    """Its loop would begin it again at once, and fail again, as fast as the machine can."""

    async def fails() -> None:
        raise RuntimeError("for a test")

    crew.start("a", fails())
    async with soon():
        await crew.idle()

    assert not bell._rung.is_set()


async def test_work_that_failed_is_left_alone_for_longer_each_time(crew: Crew[str], clock: MovableClock) -> None:
    async def fails() -> None:
        raise RuntimeError("for a test")

    for pause in (2, 4, 8):
        crew.start("a", fails())
        async with soon():
            await crew.idle()
        clock.move(timedelta(seconds=pause - 0.5))
        assert not crew.is_free("a")
        assert crew.is_free("b")
        clock.move(timedelta(seconds=0.5))
        assert crew.is_free("a")

    assert (crew.failures("a"), crew.failures("b")) == (3, 0)


async def test_closing_lets_work_end_within_the_grace(crew: Crew[str]) -> None:
    may_end, ended = asyncio.Event(), []

    async def work() -> None:
        await may_end.wait()
        ended.append("whole")

    crew.start("a", work())
    closing = asyncio.create_task(crew.close(timedelta(seconds=90)))
    await asyncio.sleep(0)
    assert not closing.done()

    may_end.set()
    async with soon():
        await closing
    assert ended == ["whole"]


async def test_closing_cancels_what_does_not_end_and_waits_for_it(crew: Crew[str]) -> None:
    ended = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("cleaned up")

    crew.start("a", work())
    await asyncio.sleep(0)
    async with soon():
        await crew.close(timedelta(milliseconds=1))

    assert ended == ["cleaned up"]
    assert not crew.is_busy("a")


async def test_closing_before_the_work_began_leaves_no_warning(crew: Crew[str]) -> None:
    """A coroutine that is dropped without ever running would warn, and warnings are errors here."""
    crew.start("a", asyncio.sleep(0))

    async with soon():
        await crew.close()

    assert not crew.is_busy("a")
