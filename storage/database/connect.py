"""Connections to SQLite and PostgreSQL, with the settings without which they would lose data.

SQLite (https://www.sqlite.org/pragma.html): the write-ahead log lets readers work beside the writer; `synchronous`
FULL keeps a committed transaction through a power cut; `secure_delete` overwrites what is deleted, so that erased
prompts and keys do not stay in free pages; foreign keys are enforced only if switched on for each connection.
Python's driver would open and close transactions by its own rules, so it is told to leave them alone
(https://docs.python.org/3/library/sqlite3.html#sqlite3-transaction-control-isolation-level) and BEGIN is sent here.
"""

from __future__ import annotations

from typing import Any

import aiosqlite
from sqlalchemy import URL, Connection, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from storage.database.address import SQLITE, sqlite_path

BUSY_TIMEOUT_SECONDS = 5.0
CONNECT_TIMEOUT_SECONDS = 10.0
STATEMENT_TIMEOUT_SECONDS = 30.0
CONNECTIONS = 5


def sqlite_writer(address: URL) -> AsyncEngine:
    """One connection, whose transactions take the write lock when they begin."""
    return _sqlite_engine(address, begin="BEGIN IMMEDIATE", connections=1, foreign_keys="ON")


def sqlite_readers(address: URL) -> AsyncEngine:
    """Connections that can only read; each transaction sees one moment of the database."""
    return _sqlite_engine(address, begin="BEGIN", connections=CONNECTIONS, foreign_keys="ON", query_only="ON")


def sqlite_migrator(address: URL) -> AsyncEngine:
    """A writer without foreign keys, which rebuilding a table would violate; it creates a missing file.

    They cannot be switched off inside a transaction, so the migration checks them before the commit. See
    https://www.sqlite.org/lang_altertable.html#otheralter.
    """
    sqlite_path(address).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _sqlite_engine(address, begin="BEGIN IMMEDIATE", connections=1, mode="rwc", foreign_keys="OFF")


def postgresql_engine(address: URL) -> AsyncEngine:
    """A pool whose connections are tested before use, so that a restarted server is noticed there.

    The just-in-time compiler is off: it takes longer than any statement here, above all those with which a new
    connection learns about types. READ COMMITTED is set, whatever the server's default: a guard that has waited for a
    lock must see what was committed before it got the lock.
    """
    return create_async_engine(
        address,
        isolation_level="READ COMMITTED",
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "timeout": CONNECT_TIMEOUT_SECONDS,
            "command_timeout": STATEMENT_TIMEOUT_SECONDS,
            "server_settings": {"application_name": "videobot", "jit": "off"},
        },
    )


async def _open_sqlite(*arguments: Any, **options: Any) -> aiosqlite.Connection:  # noqa: ANN401  the driver's own
    """Open a file; if that fails, wait until the driver's thread has ended too.

    The driver does not wait for its thread: if the loop ended first, the thread would print a traceback beside our
    sentence. It has nothing left to do then, so this blocks only for an instant.
    """
    connection = aiosqlite.connect(*arguments, **options)
    thread = connection._thread  # noqa: SLF001  SQLAlchemy does the same, since the driver offers no other way
    thread.daemon = True
    try:
        return await connection
    except BaseException:
        thread.join(timeout=1)
        raise


def _sqlite_engine(address: URL, *, begin: str, connections: int, mode: str = "rw", **pragmas: str) -> AsyncEngine:
    """`mode` is as in https://www.sqlite.org/uri.html: "rw" never creates a file, "rwc" does."""
    file = URL.create(SQLITE, database=sqlite_path(address).absolute().as_uri(), query={"mode": mode, "uri": "true"})
    engine = create_async_engine(
        file,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECT_TIMEOUT_SECONDS,
        hide_parameters=True,
        connect_args={
            "isolation_level": None,
            "timeout": BUSY_TIMEOUT_SECONDS,
            "async_creator_fn": _open_sqlite,
        },
    )

    def tell(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        try:
            for name, value in {"journal_mode": "WAL", "synchronous": "FULL", "secure_delete": "ON", **pragmas}.items():
                cursor.execute(f"PRAGMA {name} = {value}")
        except BaseException:
            connection.close()  # SQLAlchemy would only drop it, and leave its thread running
            raise
        cursor.close()

    def begin_transaction(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine.sync_engine, "connect", tell)
    event.listen(engine.sync_engine, "begin", begin_transaction)
    return engine
