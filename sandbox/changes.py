"""Waiting for the sandbox to reach a state, without polling it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE: Final = 30.0
"""Seconds of real time that a wait lasts unless told otherwise."""


class Changes:
    """Everything that alters the sandbox announces it here, and whoever is waiting checks again."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def announce(self) -> None:
        """Wake everyone who is waiting."""
        self._next.set()
        self._next = asyncio.Event()

    async def wait_for(
        self, look: Callable[[], T | None], *, timeout: float = PATIENCE, what: str = "the awaited change"
    ) -> T:
        """The first truthy value of `look`, which is called now and after every change.

        Raises TimeoutError naming `what` if `timeout` seconds of real time pass without one.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._first_truthy(look)
        except TimeoutError:
            raise TimeoutError(f"{what} did not happen within {timeout:g} s") from None

    async def _first_truthy(self, look: Callable[[], T | None]) -> T:
        while True:
            announced = self._next
            found = look()
            if found:
                return found
            await announced.wait()
