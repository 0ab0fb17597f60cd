"""Transactions: what makes them durable and fair, and that nothing is left behind when they are cut short."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from bot.domain.identifiers import Credits
from bot.domain.job import JobState
from bot.errors import DatabaseUnavailable, SettingsError
from storage.database import connect
from storage.database.address import database_address, place, sqlite_path
from storage.database.engine import Database
from storage.tables import guilds
from tests.databases import Databases, PostgresDatabases, SqliteFiles
from tests.storage.stage import GUILD, Stage, a_stage


async def test_writer_commits_at_the_end_of_the_block(database: Database) -> None:
    async with database.writer() as transaction:
        await transaction.execute(insert(guilds).values(guild_id=1))
    assert await _guild_ids(database) == [1]


async def test_writer_leaves_nothing_when_the_block_crashes(database: Database) -> None:
    async def write_and_crash() -> None:
        async with database.writer() as transaction:
            await transaction.execute(insert(guilds).values(guild_id=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_crash()
    assert await _guild_ids(database) == []


async def test_writer_cancelled_midway_leaves_nothing_and_lets_the_next_one_in(database: Database) -> None:
    has_written = asyncio.Event()

    async def write_and_stall() -> None:
        async with database.writer() as transaction:
            await transaction.execute(insert(guilds).values(guild_id=1))
            has_written.set()
            await asyncio.Event().wait()

    stalled = asyncio.create_task(write_and_stall())
    await has_written.wait()
    stalled.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stalled

    async with database.writer() as transaction:
        await transaction.execute(insert(guilds).values(guild_id=2))
    assert await _guild_ids(database) == [2]


async def test_callers_cancelled_at_any_moment_lose_no_connection_and_no_credit(stage: Stage) -> None:
    await stage.grant(10_000)

    async def hurry(steps: int) -> None:
        impatient = asyncio.create_task(stage.accept(1) if steps % 3 else stage.jobs.in_states(JobState.QUEUED))
        for _ in range(steps):
            await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)

    for steps in range(0, 120, 8):
        await asyncio.gather(*(hurry(steps + more) for more in range(8)))

    assert await stage.ledger.verify() == []
    assert (await stage.accept(1)).state is JobState.QUEUED


async def test_reader_sees_one_moment_while_others_write(database: Database) -> None:
    async with database.reader() as reading:
        before = (await reading.execute(select(guilds.c.guild_id))).all()
        async with database.writer() as writing:
            await writing.execute(insert(guilds).values(guild_id=1))
        assert (await reading.execute(select(guilds.c.guild_id))).all() == before


async def test_reader_cannot_write(database: Database) -> None:
    with pytest.raises((DatabaseUnavailable, DBAPIError)):
        async with database.reader() as transaction:
            await transaction.execute(insert(guilds).values(guild_id=1))
    assert await _guild_ids(database) == []


async def test_insert_or_skip_keeps_the_row_that_is_there(database: Database) -> None:
    for _ in range(2):
        async with database.writer() as transaction:
            await transaction.insert_or_skip(guilds, {"guild_id": 2**63 - 1})
    assert await _guild_ids(database) == [2**63 - 1]


async def test_errors_tell_no_prompt(stage: Stage) -> None:
    with pytest.raises(DBAPIError) as failure:
        async with stage.database.writer() as transaction:
            await transaction.execute(text("INSERT INTO jobs (prompt) VALUES (:prompt)"), {"prompt": "a secret"})
    assert "a secret" not in str(failure.value)


async def test_sqlite_is_told_to_keep_what_it_commits(sqlite_files: SqliteFiles) -> None:
    database = Database(await sqlite_files.migrated())
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000}
    for opened in (database.writer(), database.reader()):
        async with opened as transaction:
            told = {name: (await transaction.execute(text(f"PRAGMA {name}"))).scalar_one() for name in expected}
        assert told == expected
    await database.close()


async def test_sqlite_writer_has_the_write_lock_from_its_first_moment(sqlite_files: SqliteFiles) -> None:
    url = await sqlite_files.migrated()
    database = Database(url)
    path = sqlite_path(database_address(url))
    with closing(sqlite3.connect(path, timeout=0)) as other:
        async with database.writer():
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")
        other.rollback()
    await database.close()


async def test_sqlite_file_held_by_somebody_else_makes_the_database_unavailable(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_SECONDS", 0.01)
    url = await sqlite_files.migrated()
    stage = a_stage(Database(url))
    with closing(sqlite3.connect(sqlite_path(database_address(url)))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnavailable):
            await stage.guilds.ensure(GUILD, Credits(1))
        other.rollback()
    assert await stage.guilds.ensure(GUILD, Credits(1)) is True
    await stage.database.close()


async def test_file_that_is_no_database_makes_the_database_unavailable(tmp_path: Path) -> None:
    (tmp_path / "photo.db").write_bytes(b"not a database, but long enough to look at" * 50)
    stage = a_stage(Database(f"sqlite+aiosqlite:///{tmp_path}/photo.db"))
    with pytest.raises(DatabaseUnavailable):
        await stage.ledger.balance(GUILD)
    await stage.database.close()


async def test_server_that_is_not_there_makes_the_database_unavailable(tmp_path: Path) -> None:
    stage = a_stage(Database(f"postgresql+asyncpg://postgres@/videobot?host={tmp_path}"))
    with pytest.raises(DatabaseUnavailable):
        await stage.ledger.balance(GUILD)
    await stage.database.close()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", "not a database's address"),
        ("mysql://localhost/videobot", "must begin with sqlite\\+aiosqlite: or postgresql\\+asyncpg:, not mysql:"),
        ("postgresql://localhost/videobot", "not postgresql:"),
        ("sqlite+aiosqlite://", "must name a file"),
    ],
)
def test_address_that_cannot_be_used_is_an_error_of_the_settings(url: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        Database(url)


async def _guild_ids(database: Database) -> list[int]:
    async with database.reader() as transaction:
        return list((await transaction.execute(select(guilds.c.guild_id))).scalars())


async def test_closing_waits_for_what_is_under_way(databases: Databases) -> None:
    database = Database(await databases.migrated())
    began, may_end = asyncio.Event(), asyncio.Event()

    async def read() -> int:
        async with database.reader() as transaction:
            began.set()
            await may_end.wait()
            return int((await transaction.execute(text("SELECT 1"))).scalar_one())

    reading = asyncio.create_task(read())
    await began.wait()
    ending = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    assert not ending.done()

    may_end.set()
    await ending

    assert await reading == 1


async def test_nothing_begins_once_the_database_is_closed(databases: Databases) -> None:
    database = Database(await databases.migrated())
    await database.close()

    for begin in (database.reader, database.writer):
        with pytest.raises(DatabaseUnavailable, match="stopping"):
            async with begin():
                pass


async def test_postgresql_writers_see_what_is_committed_whatever_the_servers_default(
    postgres_databases: PostgresDatabases,
) -> None:
    url = await postgres_databases.empty()
    name = database_address(url).database
    isolation = ""
    for statement in (f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'", "SELECT 1"):
        database = Database(url)  # the setting applies to new connections
        async with database.writer() as transaction:
            await transaction.execute(text(statement))
            isolation = str((await transaction.execute(text("SHOW transaction_isolation"))).scalar_one())
        await database.close()

    assert isolation == "read committed"


def test_the_place_of_a_database_is_shown_without_its_passwords() -> None:
    address = database_address("postgresql+asyncpg://bot:secret@db/videobot?password=secret&host=/run")

    assert place(address) == "postgresql+asyncpg://bot:***@db/videobot?host=%2Frun"
