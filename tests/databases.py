"""Fresh databases for tests: a test that asks for `database` runs once on SQLite and once on PostgreSQL.

PostgreSQL's server is in tests/postgres.py. Databases are migrated once: each SQLite file is a copy, PostgreSQL's are
emptied and used again.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

import asyncpg
import pytest
from sqlalchemy import make_url
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage.database.engine import Database
from storage.database.migrate import upgrade
from storage.tables import metadata
from tests.postgres import shared_server, worker_name

DATABASES = ("sqlite", "postgresql")


class Databases(Protocol):
    """Makes databases of one kind."""

    async def empty(self) -> str:
        """The `DATABASE_URL` of a new database with nothing in it."""

    async def migrated(self) -> str:
        """The `DATABASE_URL` of a database with an up-to-date schema and no rows."""

    async def give_back(self, url: str) -> None:
        """Let a migrated database be used again; nobody may be connected to it."""


class SqliteFiles:
    """Databases in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._model: Path | None = None

    async def empty(self) -> str:
        return _sqlite_url(self._new_path())

    async def migrated(self) -> str:
        if self._model is None:
            self._model = self._new_path()
            await upgrade(_sqlite_url(self._model))
        path = self._new_path()
        shutil.copy(self._model, path)
        return _sqlite_url(path)

    async def give_back(self, url: str) -> None:
        """Copies are so cheap that none is used twice."""

    def _new_path(self) -> Path:
        return self._folder / f"{next(self._numbers)}.db"


class PostgresDatabases:
    """One process's databases, named after it, on the temporary server whose socket is in the folder `host`."""

    def __init__(self, host: str, owner: str) -> None:
        self._host = host
        self._owner = owner
        self._numbers = itertools.count()
        self._unused: list[str] = []

    async def empty(self) -> str:
        name = f"test_{self._owner}_{next(self._numbers)}"
        await self._execute("postgres", f"CREATE DATABASE {name}")
        return f"postgresql+asyncpg://postgres@/{name}?host={self._host}"

    async def migrated(self) -> str:
        if self._unused:
            return self._unused.pop()
        url = await self.empty()
        await upgrade(url)
        return url

    async def give_back(self, url: str) -> None:
        """Empty it, past the triggers that keep the ledger."""
        name = str(make_url(url).database)
        deletions = (str(table.delete()) for table in metadata.tables.values())
        await self._execute(name, "SET session_replication_role = replica", *deletions)
        self._unused.append(url)

    async def forget_durability(self) -> None:
        """Make the server fast: nothing here has to survive a power cut."""
        settings = ("fsync", "synchronous_commit", "full_page_writes")
        changes = (f"ALTER SYSTEM SET {setting} = off" for setting in settings)
        await self._execute("postgres", *changes, "SELECT pg_reload_conf()")

    async def _execute(self, name: str, *statements: str) -> None:
        connection = await asyncpg.connect(host=self._host, user="postgres", database=name)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases(tmp_path_factory: pytest.TempPathFactory) -> PostgresDatabases:
    databases = PostgresDatabases(str(shared_server(tmp_path_factory)), worker_name() or "alone")
    asyncio.run(databases.forget_durability())
    return databases


@pytest.fixture(params=DATABASES)
def databases(request: pytest.FixtureRequest) -> Databases:
    """The maker of databases of each kind in turn; the server starts only when a test needs it."""
    made: Databases = request.getfixturevalue("sqlite_files" if request.param == "sqlite" else "postgres_databases")
    return made


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """An open database with an up-to-date schema and no rows; afterwards every connection must be back."""
    url = await databases.migrated()
    database = Database(url)
    pools = [engine.sync_engine.pool for engine in (database._writing, database._reading)]
    yield database
    await database.close()
    for pool in pools:
        assert isinstance(pool, AsyncAdaptedQueuePool)
        assert pool.checkedout() == 0, f"a connection was not given back: {pool.status()}"
    await databases.give_back(url)


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
