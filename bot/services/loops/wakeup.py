"""Wakes a sleeping loop: there is work that it has not seen."""

from __future__ import annotations

import asyncio
from datetime import timedelta


class Wakeup:
    """Woken by whoever makes work, awaited by the one loop that does it; waking twice is waking once."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self, at_most: timedelta) -> None:
        """Return once woken (or if woken since the last wait), or after `at_most`."""
        try:
            async with asyncio.timeout(max(at_most.total_seconds(), 0)):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()
