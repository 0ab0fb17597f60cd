"""Keeps the loops running: one that fails is logged and restarted after longer and longer pauses; all end together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.clock import Clock
from bot.errors import StorageError

_log = logging.getLogger(__name__)

LONGEST_STORAGE_PAUSE = timedelta(seconds=5)
"""The longest pause while the database does not answer: everything waits for its return."""

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)


async def supervise(loops: Mapping[str, Callable[[], Awaitable[None]]], clock: Clock) -> None:
    """Run every loop until this call is cancelled; a loop that raises or returns is restarted."""
    async with asyncio.TaskGroup() as tasks:
        for name, loop in loops.items():
            tasks.create_task(_keep_running(name, loop, clock), name=name)


async def _keep_running(name: str, loop: Callable[[], Awaitable[None]], clock: Clock) -> None:
    pause = FIRST_PAUSE
    while True:
        started = clock.monotonic()
        longest = LONGEST_PAUSE
        try:
            await loop()
        except StorageError as error:
            longest = LONGEST_STORAGE_PAUSE
            facts = {"action": "restart_loop", "loop": name, "error": f"{type(error).__name__}: {error}"}
            _log.warning("The database does not answer, the loop is restarted", extra=facts)
        except Exception:  # noqa: BLE001  the outermost edge of a loop: whatever happened, its jobs must continue
            _log.exception("Loop failed and is restarted", extra={"action": "restart_loop", "loop": name})
        if clock.monotonic() - started > LONGEST_PAUSE.total_seconds():
            pause = FIRST_PAUSE
        pause = min(pause, longest)
        await clock.sleep(pause)
        pause *= 2
