"""The one source of time, so that tests can move it instead of sleeping.

The rest of the program asks for a `Clock`; `SystemClock` is the real one.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Wall time for records, monotonic time for intervals, and waiting on either."""

    def now(self) -> datetime:
        """The time of day, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds that never go backwards, from an arbitrary start."""

    async def sleep(self, duration: timedelta) -> None:
        """Return once `duration` has passed."""


class SystemClock:
    """Fits `bot.clock.Clock`: the machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, duration: timedelta) -> None:
        await asyncio.sleep(max(duration.total_seconds(), 0.0))
