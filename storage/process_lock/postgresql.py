"""PostgreSQL's session advisory lock, on a connection of its own that lives as long as the process.

https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS

The connection's name says who holds the lock. The server is asked to notice within half a minute that a host is gone;
its default is two hours. A pooler between us and the server must pool sessions, not transactions.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import URL, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database.connect import postgresql_engine
from storage.database.transactions import to_the_end
from storage.database.trouble import database_errors
from storage.process_lock.holder import Holder

LOOK_EVERY: Final = timedelta(seconds=5)
ANSWERS_WITHIN: Final = timedelta(seconds=5)

_LOCK: Final = 2508_4115
"""The lock's number: one that others are unlikely to use, below 2^32 so that `pg_locks` shows it in one column."""

_KEEPALIVE: Final = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "4"}
_SET = text("SELECT set_config(:name, :value, false)")
_TAKE = text("SELECT pg_try_advisory_lock(:lock)")
_ASK = text("SELECT 1")
_HELD: Final = (
    "FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted AND classid = 0 "
    "AND objid = :lock AND objsubid = 1 AND pg_locks.database = (SELECT oid FROM pg_database "
    "WHERE datname = current_database())"
)
_HOLDER = text(f"SELECT application_name, backend_start {_HELD}")
_END = text(f"SELECT pg_terminate_backend(pid) {_HELD} AND application_name = :name")
_NAME = re.compile(r"process (?P<pid>\d+) on (?P<host>.+)")


class PostgresLock:
    """Fits `storage.process_lock.ProcessLock`."""

    def __init__(self, address: URL) -> None:
        self._address = address
        self._name = _unique_name()
        self._session: _Session | None = None

    async def take(self) -> bool:
        with database_errors(self._address):
            session = await self._open_session()
            if await session.take(self._name):
                return True
            await session.end(self._name)
            return False

    async def holder(self) -> Holder | None:
        with database_errors(self._address):
            name, since = await (await self._open_session()).holder()
        return None if name in (None, self._name) else _holder(name, since)

    async def lost(self) -> None:
        session = self._session
        if session is not None:
            await session.lost()
            await self.close()

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _open_session(self) -> _Session:
        """A broken session is replaced; whatever it held is lost."""
        if self._session is not None and self._session.is_gone.is_set():
            await self.close()
        if self._session is None:
            self._session = await to_the_end(asyncio.create_task(_open(self._address)))
        return self._session


async def _open(address: URL) -> _Session:
    engine = postgresql_engine(address).execution_options(isolation_level="AUTOCOMMIT")
    try:
        connection = await engine.connect()
        session = _Session(engine, connection, (await connection.get_raw_connection()).driver_connection)
        for name, value in _KEEPALIVE.items():
            await session.ask(_SET, name=name, value=value)
    except BaseException:
        await engine.dispose()
        raise
    return session


class _Session:
    """One connection; `is_gone` is set once either side has ended it."""

    def __init__(self, engine: AsyncEngine, connection: AsyncConnection, bare: Any) -> None:  # noqa: ANN401  asyncpg has no types
        self._engine = engine
        self._connection = connection
        self._bare = bare
        self.is_gone = asyncio.Event()
        bare.add_termination_listener(lambda _: self.is_gone.set())

    async def take(self, name: str) -> bool:
        """Take the lock, and name the connection after its holder."""
        if not (await self.ask(_TAKE, lock=_LOCK))[0][0]:
            return False
        await self.ask(_SET, name="application_name", value=name)
        return True

    async def holder(self) -> tuple[str | None, datetime | None]:
        """The name of the connection that has the lock, and when it began."""
        rows = await self.ask(_HOLDER, lock=_LOCK)
        return (rows[0].application_name or "", rows[0].backend_start) if rows else (None, None)

    async def end(self, name: str) -> None:
        """End a session of this process that broke only on our side: the server may still hold the lock for it."""
        await self.ask(_END, lock=_LOCK, name=name)

    async def lost(self) -> None:
        while not self.is_gone.is_set():
            try:
                async with asyncio.timeout(LOOK_EVERY.total_seconds()):
                    await self.is_gone.wait()
            except TimeoutError:
                await to_the_end(asyncio.create_task(self._check()))

    async def close(self) -> None:
        try:
            await self._connection.invalidate()
        except (SQLAlchemyError, OSError, TimeoutError):
            self._bare.terminate()
        await self._connection.close()
        await self._engine.dispose()

    async def ask(self, question: Any, **values: object) -> list[Any]:  # noqa: ANN401  rows of several shapes
        return list((await to_the_end(asyncio.create_task(self._connection.execute(question, values)))).all())

    async def _check(self) -> None:
        """End the connection if the server does not answer."""
        asking = asyncio.create_task(self.ask(_ASK))
        await asyncio.wait({asking}, timeout=ANSWERS_WITHIN.total_seconds())
        if not asking.done():
            self._bare.terminate()
            await asyncio.wait({asking})
        if asking.exception() is not None:
            self.is_gone.set()


def _unique_name() -> str:
    """At most 63 plain characters; the number distinguishes processes with the same host and id (containers)."""
    me = Holder.myself()
    return f"videobot {secrets.token_hex(4)}: process {me.pid} on {me.host}".encode("ascii", "replace").decode()[:63]


def _holder(name: str | None, since: datetime | None) -> Holder:
    named = _NAME.search(name or "")
    return Holder(named["host"], int(named["pid"]), since) if named else Holder(since=since)
