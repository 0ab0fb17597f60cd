"""Waiting for something to become true, woken by every change instead of by a timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = timedelta(seconds=30)


class Changes:
    """Announces that the books changed, and lets others wait for the change that they want."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()

    def announce(self) -> None:
        """Wake everybody who waits, to look again."""
        self._changed.set()

    async def wait_for(self, condition: Callable[[], T], *, timeout: timedelta = PATIENCE) -> T:
        """The first truthy value of `condition()`; raises `TimeoutError` after `timeout` of real time."""
        async with asyncio.timeout(timeout.total_seconds()):
            while not (value := condition()):
                self._changed.clear()
                await self._changed.wait()
        return value
