"""A bell that wakes a sleeping loop: there is work that it has not seen."""

from __future__ import annotations

import asyncio
from datetime import timedelta


class Bell:
    """Rung by whoever makes work, heard by the one loop that does it; ringing twice is ringing once."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()

    async def wait(self, at_most: timedelta) -> None:
        """Return when the bell was rung since the last wait, or after `at_most`."""
        try:
            async with asyncio.timeout(max(at_most.total_seconds(), 0)):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()
