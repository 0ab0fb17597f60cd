"""A bounded pool of tasks, one per key: several jobs are worked on at once, none twice, and all are awaited."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Hashable
from datetime import timedelta
from typing import Any, Generic, TypeVar

from bot.services.loops.retries import Retries
from bot.services.loops.wakeup import Wakeup

Key = TypeVar("Key", bound=Hashable)


class TaskPool(Generic[Key]):
    """Runs at most `size` pieces of work; wakes `wakeup` whenever one succeeds, since there is room again.

    Work that fails, for whatever reason, is put off as `retries` says, and wakes nobody.
    """

    def __init__(self, size: int, *, wakeup: Wakeup, retries: Retries[Key]) -> None:
        self._size = size
        self._retries = retries
        self._wakeup = wakeup
        self._tasks: dict[Key, asyncio.Task[bool]] = {}

    @property
    def has_room(self) -> bool:
        return len(self._tasks) < self._size

    def is_busy(self, key: Key) -> bool:
        return key in self._tasks

    def is_free(self, key: Key) -> bool:
        """Whether the key is neither being worked on nor put off after a failure."""
        return not self.is_busy(key) and self._retries.is_due(key)

    def failures(self, key: Key) -> int:
        """How often in a row the key's work has failed; start with the work that has failed least."""
        return self._retries.failures(key)

    def start(self, key: Key, work: Coroutine[Any, Any, None]) -> None:
        """Start `work` for a free key, while there is room; an error in it is logged, not raised."""
        task = asyncio.create_task(self._guard(key, work), name=str(key))
        self._tasks[key] = task
        task.add_done_callback(lambda ended: self._ended(key, work, ended))

    async def idle(self) -> None:
        """Return once nothing is being worked on."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def close(self, grace: timedelta = timedelta(0)) -> None:
        """Let the work finish within `grace`, then cancel the rest, and wait for it."""
        if self._tasks and grace:
            await asyncio.wait(list(self._tasks.values()), timeout=grace.total_seconds())
        for task in self._tasks.values():
            task.cancel()
        await self.idle()

    async def _guard(self, key: Key, work: Coroutine[Any, Any, None]) -> bool:
        try:
            await work
        except Exception as error:  # noqa: BLE001  the outermost edge of a task: its loop will try the job again
            self._retries.failed(key, error)
            return False
        self._retries.succeeded(key)
        return True

    def _ended(self, key: Key, work: Coroutine[Any, Any, None], task: asyncio.Task[bool]) -> None:
        work.close()  # a task that is cancelled before its first step never started it
        del self._tasks[key]
        if not task.cancelled() and task.result():
            self._wakeup.wake()
