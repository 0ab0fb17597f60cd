"""The database as commands use it: open every store, do one thing, close."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.clock import SystemClock
from bot.settings import load_settings
from storage.stores import Stores, current_stores

Result = TypeVar("Result")


def with_stores(work: Callable[[Stores], Awaitable[Result]]) -> Result:
    """The result of `work` on the configured database, which is neither created nor migrated.

    Raises `SettingsError`, or `StorageError` when there is no database of this version's schema.
    """

    async def opened_and_worked() -> Result:
        async with current_stores(load_settings().database_url, SystemClock()) as stores:
            return await work(stores)

    return asyncio.run(opened_and_worked())
