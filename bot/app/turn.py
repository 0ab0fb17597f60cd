"""This process's turn to use the database: waited for at the start, and again if it is lost later."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.errors import DatabaseInUse, StorageError
from storage.process_lock import ProcessLock

_log = logging.getLogger(__name__)

TRY_EVERY: Final = timedelta(seconds=1)
SETTLES_WITHIN: Final = timedelta(seconds=3)
"""Always tried for this long: a process that has just died, or a `doctor` that is checking, may still hold the lock."""


class Turn:
    """Taken before anything in the database is touched; `end()` must be awaited."""

    def __init__(self, lock: ProcessLock, clock: Clock) -> None:
        self._lock = lock
        self._clock = clock

    async def take(self, wait: timedelta = timedelta(0)) -> None:
        """Return once no other process uses the database, and none will before `end()`.

        Raises `DatabaseInUse` when one still does after `wait`, and other `StorageError`s.
        """
        ends_at = self._clock.monotonic() + max(wait, SETTLES_WITHIN).total_seconds()
        is_said = not wait
        while not await self._lock.take():
            holder = str(await self._lock.holder() or "another process")
            if self._clock.monotonic() >= ends_at:
                raise DatabaseInUse(holder, waited=wait)
            if not is_said:
                facts = {"action": "wait_for_turn", "holder": holder, "seconds": wait.total_seconds()}
                _log.info("Waiting for the process that uses the database to stop", extra=facts)
                is_said = True
            await self._clock.sleep(TRY_EVERY)

    async def lost(self) -> None:
        """Return when the lock has been lost: from then on another process may start."""
        await self._lock.lost()

    async def take_again(self) -> None:
        """Return once the lost lock is back, however long the database does not answer.

        Raises `DatabaseInUse` when another process has taken it meanwhile.
        """
        while True:
            try:
                if await self._lock.take():
                    return
                holder = await self._lock.holder()
            except StorageError:
                holder = None
            if holder is not None:
                raise DatabaseInUse(str(holder))
            await self._clock.sleep(TRY_EVERY)

    async def end(self) -> None:
        """Let the next process start."""
        await self._lock.close()
