"""Tasks with an owner: they outlive the handler that started them, and shutdown waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class OwnedTasks:
    """Keeps every task that it started until it has ended."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, Result]) -> asyncio.Task[Result]:
        """Start `work`; awaiting the task gives its result or raises its error."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self) -> None:
        """Return once all tasks have ended, including those started meanwhile; if cancelled, cancel the rest."""
        try:
            while self._tasks:
                await asyncio.wait(list(self._tasks))
        finally:
            for task in self._tasks:
                task.cancel()
