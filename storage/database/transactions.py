"""Transactions that survive being cancelled: every step taken with the database is taken to its end.

A task that is cancelled in the middle of a driver's call loses the connection: SQLAlchemy would give it up while its
thread or socket still works, and on SQLite that thread may hold the only write lock. So a cancelled caller waits here
for the step at hand (drivers bound it in time), the transaction is rolled back, and only then is it gone.
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
    """What a store does its work in; see `Database.writer` and `Database.reader`."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(self, statement: Executable, values: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """Run one statement; its rows are here already, and must be read before the transaction ends."""
        return await to_the_end(asyncio.create_task(self._connection.execute(statement, values)))

    async def insert_or_skip(self, table: Table, values: Mapping[str, Any]) -> bool:
        """Insert a row, or do nothing and say False when one with its key is there already.

        Both databases know `ON CONFLICT DO NOTHING`, and SQLAlchemy has it once for each: this is where one is chosen.
        """
        insert = sqlite.insert if self._is_sqlite else postgresql.insert
        return (await self.execute(insert(table).on_conflict_do_nothing(), values)).rowcount == 1

    async def lock(self, key: int, *, shared: bool) -> None:
        """Hold the lock `key` until the transaction ends: together with others that share it, or alone.

        Ask for it before anything else, so that no two transactions wait for each other. What a holder before has
        committed is seen from the next statement on. SQLite needs no lock: one writer at a time is its rule.
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
    """The outcome of the task; a cancellation is raised only once the task is done, however often it comes."""
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
