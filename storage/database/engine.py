"""The open database: transactions for reading and writing, the same for SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiosqlite

from bot.errors import DatabaseUnavailable
from storage.database.address import database_address, is_sqlite, sqlite_path
from storage.database.connect import postgresql_engine, sqlite_readers, sqlite_writer
from storage.database.same_file import SameFile
from storage.database.transactions import Transaction, to_the_end, transaction
from storage.database.trouble import database_errors

_log = logging.getLogger(__name__)

CLOSE_WITHIN = timedelta(seconds=10)
"""How long running transactions may take to end before the connections are closed."""


class Database:
    """Where stores get their transactions. `url` is a `DATABASE_URL` whose schema is up to date (see `migrate.py`).

    Connections are opened when first needed. `close()` must be awaited at the end.

    Raises `SettingsError` for a `url` that cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.address = address = database_address(url)
        self._turn: asyncio.Lock | None = None
        self._file: SameFile | None = None
        self._under_way = 0
        self._is_closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        if is_sqlite(address):
            self._turn = asyncio.Lock()
            self._file = SameFile(sqlite_path(address))
            self._writing = sqlite_writer(address)
            self._reading = sqlite_readers(address)
        else:
            self._writing = postgresql_engine(address)
            self._reading = self._writing.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def writer(self) -> AsyncIterator[Transaction]:
        """A transaction that commits when the block ends, and leaves nothing when it raises or is cancelled.

        SQLite's writers take turns. PostgreSQL's run side by side: whatever must not happen twice belongs in one
        guarded statement. Read the rows of `RETURNING` inside the block.

        Raises `DatabaseUnavailable`; nothing is written into an SQLite file that is no longer at its path.
        """
        with database_errors(self.address):
            async with self._counted(), self._own_turn():
                self._require_same_file()
                async with transaction(self._writing) as writing:
                    yield writing
                    self._require_same_file()

    @asynccontextmanager
    async def reader(self) -> AsyncIterator[Transaction]:
        """A transaction that sees one moment of the database and cannot write.

        Raises `DatabaseUnavailable`.
        """
        with database_errors(self.address):
            self._require_same_file()
            async with self._counted(), transaction(self._reading) as reading:
                yield reading

    async def empty_log(self) -> bool:
        """Write SQLite's write-ahead log, which still has old pages, into the file, and empty it.

        False when a reader of an older state prevented that. PostgreSQL is left to its own vacuum.
        https://www.sqlite.org/pragma.html#pragma_wal_checkpoint

        Raises `DatabaseUnavailable`.
        """
        if self._turn is None:
            return True
        with database_errors(self.address):
            async with self._own_turn():
                self._require_same_file()
                return await to_the_end(asyncio.create_task(self._truncate_log()))

    async def close(self) -> None:
        """Let running transactions finish, for a while, then close every connection; none begins after that."""
        try:
            async with asyncio.timeout(CLOSE_WITHIN.total_seconds()):
                await self._idle.wait()
        except TimeoutError:
            _log.warning(
                "The database is closed although transactions are still running", extra={"action": "close_database"}
            )
        self._is_closed = True
        async with self._own_turn():
            await self._writing.dispose()
            await self._reading.dispose()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        if self._is_closed:
            raise DatabaseUnavailable("The bot is stopping, so the database is closed.")
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    def _require_same_file(self) -> None:
        if self._file is not None:
            self._file.require()

    async def _truncate_log(self) -> bool:
        """On the bare connection, because a checkpoint cannot run inside a transaction."""
        async with self._writing.connect() as connection:
            bare = (await connection.get_raw_connection()).driver_connection
            assert isinstance(bare, aiosqlite.Connection)  # noqa: S101  the only driver that connect.py uses for SQLite
            try:
                async with bare.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                    answer = await cursor.fetchone()
            except sqlite3.OperationalError:
                return False
        return answer is not None and answer[0] == 0

    @asynccontextmanager
    async def _own_turn(self) -> AsyncIterator[None]:
        if self._turn is None:
            yield
            return
        async with self._turn:
            yield
