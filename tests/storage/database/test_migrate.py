"""Upgrading a database: all or nothing, after a copy, by one process, and never downwards."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import DatabaseTooNew, DatabaseUnavailable, StorageError
from storage.database import migrate
from storage.database.address import database_address, is_sqlite, sqlite_path
from storage.database.connect import postgresql_engine, sqlite_migrator
from storage.database.migrate import Upgrade, newest_version, schema_version, upgrade
from storage.tables import metadata
from tests.databases import Databases, SqliteFiles

Answer = TypeVar("Answer")

_COLUMNS_OF_BEFORE = (
    "id, guild_id, channel_id, requester_id, interaction_id, prompt, model, duration, size, audio, enhance, state, "
    "created_at, state_at, credits_held, has_image, is_direct"
)


async def test_upgrade_makes_the_schema_that_the_code_declares(databases: Databases) -> None:
    url = await databases.empty()

    assert await upgrade(url) == Upgrade(before=None, after=newest_version(), copy=None)

    assert await _ask(url, _differences) == []
    assert await _ask(url, _checks) == _declared_checks()


async def test_upgrade_of_what_is_up_to_date_does_nothing(databases: Databases) -> None:
    url = await databases.migrated()
    assert await upgrade(url) == Upgrade(before=newest_version(), after=newest_version(), copy=None)


async def test_upgrades_at_the_same_time_happen_once(databases: Databases) -> None:
    url = await databases.empty()
    upgrades = await asyncio.gather(*(upgrade(url) for _ in range(3)))
    assert sorted(str(done.before) for done in upgrades) == [newest_version(), newest_version(), "None"]


async def test_upgrade_refuses_a_database_of_a_newer_version(databases: Databases) -> None:
    url = await databases.empty()
    await upgrade(url)
    await _execute(url, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(
        DatabaseTooNew, match=f"schema version 9999; this version of the bot knows versions up to {newest_version()}"
    ):
        await upgrade(url)


async def test_schema_version_is_read_without_changing_anything(databases: Databases) -> None:
    url = await databases.empty()
    assert await schema_version(url) is None
    assert await schema_version(await databases.migrated()) == newest_version()


async def test_upgrade_that_fails_leaves_the_database_as_it_was(databases: Databases) -> None:
    url = await databases.empty()
    await _execute(url, "CREATE TABLE ledger (mine INTEGER)")

    with pytest.raises(StorageError, match="failed; the database was left as it was"):
        await upgrade(url)

    assert await _ask(url, lambda connection: inspect(connection).get_table_names()) == ["ledger"]


async def test_upgrade_copies_a_sqlite_file_that_holds_anything(sqlite_files: SqliteFiles) -> None:
    url = await sqlite_files.empty()
    await _execute(url, "CREATE TABLE keepsake (word TEXT)")
    await _execute(url, "INSERT INTO keepsake VALUES ('hello')")

    done = await upgrade(url)

    path = sqlite_path(database_address(url))
    assert done.copy == path.with_name(f"{path.name}.before-{newest_version()}")
    with closing(sqlite3.connect(done.copy)) as copy:
        assert copy.execute("SELECT word FROM keepsake").fetchall() == [("hello",)]
        assert copy.execute("SELECT name FROM sqlite_master").fetchall() == [("keepsake",)]
    assert sorted(other.name for other in path.parent.glob(f"{path.name}.before*")) == [done.copy.name]


async def test_upgrade_does_not_begin_without_its_copy(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await sqlite_files.empty()
    await _execute(url, "CREATE TABLE keepsake (word TEXT)")

    def full_disk(_source: Path, _target: Path) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(migrate, "copy_sqlite", full_disk)
    with pytest.raises(DatabaseUnavailable, match="could not be copied to"):
        await upgrade(url)
    assert await _ask(url, lambda connection: inspect(connection).get_table_names()) == ["keepsake"]


async def test_upgrade_checks_foreign_keys_before_it_commits(sqlite_files: SqliteFiles) -> None:
    url = await sqlite_files.empty()
    await _execute(url, "CREATE TABLE parent (id INTEGER PRIMARY KEY)")
    await _execute(url, "CREATE TABLE child (parent_id INTEGER REFERENCES parent (id))")
    await _execute(url, "INSERT INTO child VALUES (7)")

    with pytest.raises(StorageError, match="would break references in child"):
        await upgrade(url)

    tables = await _ask(url, lambda connection: inspect(connection).get_table_names())
    assert sorted(tables) == ["child", "parent"]


async def test_jobs_of_one_interaction_become_its_parts(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    url = await databases.empty()
    with monkeypatch.context() as patch:
        patch.setattr(migrate, "newest_version", lambda: "0001")
        patch.setattr(command, "upgrade", lambda config, _, upgrade=command.upgrade: upgrade(config, "0001"))
        await upgrade(url)
    await _execute(url, "INSERT INTO guilds (guild_id) VALUES (1)")
    for number, (job_id, interaction_id) in enumerate([("c", 7), ("a", 7), ("b", 7), ("d", 8)]):
        await _execute(url, _job_of_before(job_id, interaction_id, number))

    await upgrade(url)

    parts = await _ask(url, lambda connection: connection.execute(text("SELECT id, part FROM jobs ORDER BY id")).all())
    assert [tuple(row) for row in parts] == [("a", 1), ("b", 2), ("c", 0), ("d", 0)]
    with pytest.raises(IntegrityError):
        await _execute(url, _job_of_before("e", 8, 9))


async def test_upgrade_of_an_unreachable_server_says_so(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnavailable):
        await upgrade(f"postgresql+asyncpg://postgres@/videobot?host={tmp_path}")


async def test_upgrade_makes_the_folder_of_a_sqlite_file(tmp_path: Path) -> None:
    await upgrade(f"sqlite+aiosqlite:///{tmp_path}/data/videobot.db")
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def _job_of_before(job_id: str, interaction_id: int, minute: int) -> str:
    """A job as version 0001 stores it."""
    values = (
        f"'{job_id}', 1, 2, 3, {interaction_id}, 'a cat', 'kling', 5, '1920x1080', false, false, 'completed', "
        f"'2026-03-01 12:0{minute}:00', '2026-03-01 12:00:00', 15, false, false"
    )
    return f"INSERT INTO jobs ({_COLUMNS_OF_BEFORE}) VALUES ({values})"  # noqa: S608  a test's own words


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


def _checks(connection: Connection) -> set[tuple[str, str | None]]:
    inspector = inspect(connection)
    return {(table, check["name"]) for table in metadata.tables for check in inspector.get_check_constraints(table)}


def _declared_checks() -> set[tuple[str, str | None]]:
    """Alembic does not compare CHECK constraints, so their names are compared here."""
    return {
        (table.name, str(constraint.name))
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }


async def _ask(url: str, question: Callable[[Connection], Answer]) -> Answer:
    async with _engine(url) as engine, engine.connect() as connection:
        return await connection.run_sync(question)


async def _execute(url: str, statement: str) -> None:
    async with _engine(url) as engine, engine.begin() as connection:
        await connection.execute(text(statement))


@asynccontextmanager
async def _engine(url: str) -> AsyncIterator[AsyncEngine]:
    address = database_address(url)
    engine = sqlite_migrator(address) if is_sqlite(address) else postgresql_engine(address)
    try:
        yield engine
    finally:
        await engine.dispose()
