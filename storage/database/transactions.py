"""Transactions that survive being cancelled: every call to the database runs to its end.

A task that is cancelled in the middle of a driver's call would lose the connection: SQLAlchemy drops it while its
thread or socket still works, and on SQLite that thread may hold the only write lock. So a cancelled caller waits for
the current call (drivers limit its time), the transaction is rolled back, and only then the cancellation is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import CursorResult, Executable, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Outcome = TypeVar("Outcome")


class Transaction:
    """What stores run their statements in; see `Database.writer` and `Database.reader`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Run one statement. Its rows are already loaded, and must be read before the transaction ends."""
        return await to_the_end(asyncio.create_task(self._connection.execute(statement, values)))

    async def insert_or_skip(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Insert a row; False, with nothing done, if there is one with its key already.

        Both databases have `ON CONFLICT DO NOTHING`, but SQLAlchemy has one for each; this chooses.
        """
        insert = sqlite.insert if self._is_sqlite else postgresql.insert
        return (await self.execute(insert(table).on_conflict_do_nothing(), values)).rowcount == 1

    async def lock(self, key: int, *, shared: bool) -> None:
        """Hold the lock `key` until the transaction ends: shared with others, or exclusively.

        Take it before anything else, so that no two transactions wait for each other. What earlier holders committed is
        visible from the next statement on. SQLite needs no lock, as it has only one writer at a time.
        https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
        """
        if not self._is_sqlite:
            take = func.pg_advisory_xact_lock_shared if shared else func.pg_advisory_xact_lock
            await self.execute(select(take(key)))

    @property
    def _is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"


@asynccontextmanager
async def transaction(engine: AsyncEngine) -> AsyncIterator[Transaction]:
    """A transaction that commits when the block ends and is rolled back when it raises or is cancelled."""
    beginning = asyncio.create_task(_begin(engine))
    try:
        connection = await to_the_end(beginning)
        yield Transaction(connection)
        await to_the_end(asyncio.create_task(connection.commit()))
    finally:
        if beginning.exception() is None:
            await to_the_end(asyncio.create_task(beginning.result().close()))


async def to_the_end(task: asyncio.Task[Outcome]) -> Outcome:
    """The result of the task; a cancellation, however often it comes, is raised only once the task is done."""
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            interruption = error
    if interruption is None:
        return task.result()
    raise interruption from task.exception()


async def _begin(engine: AsyncEngine) -> AsyncConnection:
    connection = await engine.connect()
    try:
        await connection.begin()
    except BaseException:
        await connection.close()
        raise
    return connection
