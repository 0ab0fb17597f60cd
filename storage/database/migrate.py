"""Upgrading a database when the bot starts: all or nothing, after a copy, by one process only.

All pending steps run in the same transaction, so a database is either as it was or as this version needs it.
"""

from __future__ import annotations

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import DatabaseMissing, DatabaseTooNew, DatabaseTooOld, DatabaseUnavailable, StorageError
from storage.database.address import database_address, is_sqlite, place_of, sqlite_path
from storage.database.connect import postgresql_engine, sqlite_migrator, sqlite_readers
from storage.database.sqlite_copy import copy_sqlite
from storage.database.transactions import to_the_end
from storage.database.trouble import database_errors

_LOCK = 7021_4115_2508
"""The number of our advisory lock in PostgreSQL; one that others are unlikely to use."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """From which version (None: an empty database) to which, and where the copy is that was made first."""

    before: str | None
    after: str
    copy: Path | None


async def upgrade(url: str) -> Upgrade:
    """Upgrade the database of this `DATABASE_URL` to this version's schema; harmless if it has it already.

    A SQLite file that contains anything is first copied beside itself, as `NAME.before-VERSION`; PostgreSQL is not.
    Processes that start together wait for each other. A cancellation takes effect only once the upgrade has ended.

    Raises `DatabaseTooNew`, `DatabaseUnavailable`, other `StorageError`s for a copy or a step that went wrong, and
    `SettingsError`.
    """
    address = database_address(url)
    with database_errors(address):
        engine = sqlite_migrator(address) if is_sqlite(address) else postgresql_engine(address)
    try:
        with database_errors(address):
            return await to_the_end(asyncio.create_task(_upgrade(engine, address)))
    finally:
        await engine.dispose()


async def schema_version(url: str) -> str | None:
    """The version of the schema that the database has, without changing anything; None for an empty or missing one.

    Raises `DatabaseTooNew`, `DatabaseUnavailable`, and `SettingsError`.
    """
    address = database_address(url)
    if is_sqlite(address) and not sqlite_path(address).exists():
        return None
    engine = sqlite_readers(address) if is_sqlite(address) else postgresql_engine(address)
    try:
        with database_errors(address):
            async with engine.connect() as connection:
                version = await connection.run_sync(_version)
    finally:
        await engine.dispose()
    _refuse_unknown(version)
    return version


async def require_current(url: str) -> None:
    """Check that there is a database with this version's schema, without changing anything.

    Raises `DatabaseMissing` when there is none, `DatabaseTooOld`, `DatabaseTooNew`, `DatabaseUnavailable`, and
    `SettingsError`.
    """
    version = await schema_version(url)
    if version is None:
        raise DatabaseMissing(
            f"There is no database at {place_of(url)}. Check DATABASE_URL (now read from the folder "
            f"{Path.cwd()}); `videobot run` creates the database at its first start."
        )
    if version != newest_version():
        raise DatabaseTooOld(
            f"The database has schema version {version}, and this version of the bot works with {newest_version()}. "
            "Start the bot first: `videobot run` keeps a copy and upgrades the database."
        )


def newest_version() -> str:
    """The schema version that this code works with."""
    return str(_scripts(_config()).get_current_head())


async def _upgrade(engine: AsyncEngine, address: URL) -> Upgrade:
    newest = newest_version()
    async with engine.begin() as connection:
        await _wait_for_others(connection)
        before = await connection.run_sync(_version)
        _refuse_unknown(before)
        if before == newest:
            return Upgrade(before, newest, copy=None)
        copy = await _copy_first(connection, address, newest)
        await _run_steps(connection, newest)
        await _check_foreign_keys(connection)
    return Upgrade(before, newest, copy)


async def _wait_for_others(connection: AsyncConnection) -> None:
    """On SQLite the transaction already has the only write lock."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _version(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(version: str | None) -> None:
    known = {step.revision for step in _scripts(_config()).walk_revisions()}
    if version is not None and version not in known:
        raise DatabaseTooNew(
            f"The database has schema version {version}; this version of the bot knows versions up to "
            f"{newest_version()}. Start the newer version again, or restore the copy that it made before upgrading."
        )


async def _copy_first(connection: AsyncConnection, address: URL, newest: str) -> Path | None:
    if not is_sqlite(address) or not await connection.run_sync(_holds_anything):
        return None
    path = sqlite_path(address)
    copy = path.with_name(f"{path.name}.before-{newest}")
    try:
        await asyncio.to_thread(copy_sqlite, path, copy)
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"The database could not be copied to {copy.name} before upgrading it.") from error
    return copy


def _holds_anything(connection: Connection) -> bool:
    return bool(inspect(connection).get_table_names())


async def _run_steps(connection: AsyncConnection, newest: str) -> None:
    config = _config()
    config.attributes["connection"] = connection.sync_connection
    try:
        await connection.run_sync(lambda _connection: command.upgrade(config, "head"))
    except DBAPIError as error:
        raise StorageError(
            f"The upgrade to schema version {newest} failed; the database was left as it was."
        ) from error


async def _check_foreign_keys(connection: AsyncConnection) -> None:
    """PostgreSQL never stops checking them; SQLite did, for this connection."""
    if connection.dialect.name == "sqlite":
        broken = (await connection.execute(text("PRAGMA foreign_key_check"))).all()
        if broken:
            tables = ", ".join(sorted({str(row[0]) for row in broken}))
            raise StorageError(f"The upgrade would break references in {tables}; the database was left as it was.")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "storage:migrations")
    return config


def _scripts(config: Config) -> ScriptDirectory:
    return ScriptDirectory.from_config(config)
