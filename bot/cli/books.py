"""The opened database for commands that only need the books."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from bot.clock import SystemClock
from bot.settings import load_settings
from storage.database.engine import Database
from storage.database.migrate import require_current
from storage.ledger import LedgerStore

Result = TypeVar("Result")


def with_database(work: Callable[[Database], Awaitable[Result]]) -> Result:
    """What `work` makes of the configured database, which is closed at the end.

    Raises `SettingsError` or `StorageError`.
    """

    async def opened_and_worked() -> Result:
        async with opened_database(load_settings().database_url) as database:
            return await work(database)

    return asyncio.run(opened_and_worked())


def with_ledger(work: Callable[[LedgerStore], Awaitable[Result]]) -> Result:
    """What `work` makes of the ledger of the configured database.

    Raises `SettingsError` or `StorageError`.
    """
    return with_database(lambda database: work(LedgerStore(database=database, clock=SystemClock())))


@asynccontextmanager
async def opened_database(url: str) -> AsyncIterator[Database]:
    """The database of a `DATABASE_URL`, closed at the end; it is neither made nor changed by opening it.

    Raises `StorageError` when there is none of this version's schema, and `SettingsError`.
    """
    await require_current(url)
    database = Database(url)
    try:
        yield database
    finally:
        await database.close()
