"""How late an event loop is: a task that wants to wake every 5 ms, and what became of that."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

INTERVAL = 0.005


@dataclass(slots=True)
class Heartbeat:
    """Seconds by which each wake-up came late."""

    lags: list[float] = field(default_factory=list)

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            started = time.perf_counter()
            await asyncio.sleep(INTERVAL)
            self.lags.append(time.perf_counter() - started - INTERVAL)

    def in_words(self) -> str:
        """Median, 99th percentile and maximum in milliseconds."""
        ordered = sorted(self.lags)
        marks = (ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100], ordered[-1])
        return "median {:.1f} ms, 99 % {:.1f} ms, max {:.1f} ms".format(*(1000 * mark for mark in marks))
