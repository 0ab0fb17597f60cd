"""Time for tests: a clock that stands still until it is moved, and releases those who sleep on it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")

PATIENCE = 30.0
"""Seconds of real time after which a test that waits for something has failed."""


class MovableClock:
    """Fits `bot.clock.Clock`; `elsewhere` is the clock for the local PowerPost.

    It begins in the past on purpose: servers date their answers by the real clock, and a date that is far from ours
    is not taken for the same minute.
    """

    def __init__(self, started_at: datetime = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)) -> None:
        self._started_at = started_at
        self._now = started_at
        self._jumped = timedelta(0)
        self.elsewhere = ClockElsewhere(self)
        self._sleepers: list[tuple[datetime, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()

    def now(self) -> datetime:
        return self.true_time() + self._jumped

    def true_time(self) -> datetime:
        """The time of day as it would be without any jumps."""
        return self._now

    def monotonic(self) -> float:
        return 1000.0 + (self._now - self._started_at).total_seconds()

    async def sleep(self, duration: timedelta) -> None:
        """Return once the clock has been moved by `duration`, and at once for none."""
        if duration <= timedelta(0):
            await asyncio.sleep(0)
            return
        sleeper = (self._now + duration, asyncio.get_running_loop().create_future())
        self._sleepers.append(sleeper)
        self._changed.set()
        try:
            await sleeper[1]
        finally:
            self._sleepers.remove(sleeper)

    def jump(self, by: timedelta) -> None:
        """Set the wall clock forward or back, as an operator or a time server may; no time passes by that."""
        self._jumped += by

    def move(self, duration: timedelta) -> None:
        """Let `duration` pass at once, and wake everybody who has slept long enough."""
        self._now += duration
        for wakes_at, sleeper in self._sleepers:
            if wakes_at <= self._now and not sleeper.done():
                sleeper.set_result(None)

    async def next_sleeper(self) -> timedelta:
        """Wait until somebody sleeps; how long until the first of them wakes."""
        async with asyncio.timeout(PATIENCE):
            while not (waiting := [wakes_at for wakes_at, sleeper in self._sleepers if not sleeper.done()]):
                self._changed.clear()
                await self._changed.wait()
        return min(waiting) - self._now

    async def hurry(self, work: Coroutine[Any, Any, Outcome]) -> Outcome:
        """The outcome of `work`; whatever it sleeps for passes at once."""
        working = asyncio.create_task(work)
        try:
            while not working.done():
                sleeping = asyncio.create_task(self.next_sleeper())
                await asyncio.wait({working, sleeping}, return_when=asyncio.FIRST_COMPLETED)
                if sleeping.done() and not working.done():
                    self.move(sleeping.result())
                    await asyncio.sleep(0)
                sleeping.cancel()
                await asyncio.wait({sleeping})
            return working.result()
        finally:
            working.cancel()
            await asyncio.wait({working})


class ClockElsewhere:
    """The time of day on other machines, which our clock's jumps do not affect. Fits `sandbox.clock.Clock`."""

    def __init__(self, ours: MovableClock) -> None:
        self._ours = ours

    def now(self) -> datetime:
        return self._ours.true_time()
