"""Keeps the loops running: one that fails is logged and started again, ever more slowly; all end together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from bot.clock import Clock

_log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(minutes=1)


async def supervise(loops: Mapping[str, Callable[[], Awaitable[None]]], clock: Clock) -> None:
    """Run every loop until this call is cancelled; a loop that raises, or returns, is started again."""
    async with asyncio.TaskGroup() as tasks:
        for name, loop in loops.items():
            tasks.create_task(_keep_running(name, loop, clock), name=name)


async def _keep_running(name: str, loop: Callable[[], Awaitable[None]], clock: Clock) -> None:
    pause = FIRST_PAUSE
    while True:
        started = clock.monotonic()
        try:
            await loop()
        except Exception:  # noqa: BLE001  the outermost edge of a loop: whatever happened, its jobs must go on
            _log.exception("Loop failed and is started again", extra={"action": "restart_loop", "loop": name})
        if clock.monotonic() - started > LONGEST_PAUSE.total_seconds():
            pause = FIRST_PAUSE
        await clock.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
