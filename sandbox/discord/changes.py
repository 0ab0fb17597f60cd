"""Waiting for the sandbox to reach a state, without polling it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Everything that alters the sandbox announces itself here; waiters look again at each announcement."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.count = 0

    def announce(self) -> None:
        self.count += 1
        self._next.set()
        self._next = asyncio.Event()

    async def wait_for(self, look: Callable[[], T | None], *, timeout: float, what: str = "the awaited change") -> T:
        """The first truthy value of `look`, which is called now and after every change.

        Raises TimeoutError naming `what` when `timeout` seconds of real time pass without one.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._first_truthy(look)
        except TimeoutError:
            raise TimeoutError(f"{what} did not happen within {timeout:g} s") from None

    async def next(self, *, timeout: float | None = None) -> None:
        """Return at the next change. Raises TimeoutError when none comes in time."""
        async with asyncio.timeout(timeout):
            await self._next.wait()

    async def _first_truthy(self, look: Callable[[], T | None]) -> T:
        while True:
            announced = self._next
            found = look()
            if found:
                return found
            await announced.wait()
