"""Only one process at a time works on a database: tested with real processes and a lost connection."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import make_url

from bot.errors import StorageError
from storage.database.address import database_address, sqlite_path
from storage.process_lock import Holder, ProcessLock, process_lock
from tests.databases import Databases, PostgresDatabases, SqliteFiles

HOLDING = """
import asyncio, sys
from storage.process_lock import process_lock

async def hold():
    lock = process_lock(sys.argv[1])
    assert await lock.take()
    print("held", flush=True)
    await asyncio.sleep(60)

asyncio.run(hold())
"""


@asynccontextmanager
async def lock_of(url: str) -> AsyncIterator[ProcessLock]:
    lock = process_lock(url)
    try:
        yield lock
    finally:
        await lock.close()


@asynccontextmanager
async def another_process(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that holds the lock until it is killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDING, url, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": "."}
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    yield process
    if process.returncode is None:
        process.kill()
    await process.wait()


async def taken_soon(lock: ProcessLock) -> None:
    async with asyncio.timeout(10):
        while not await lock.take():  # noqa: ASYNC110  the other side is a process; there is no event
            await asyncio.sleep(0.05)


async def test_the_lock_is_one_processs_at_a_time_and_tells_whose(databases: Databases) -> None:
    url = await databases.migrated()
    async with lock_of(url) as lock:
        async with another_process(url) as other:
            assert not await lock.take()
            holder = await lock.holder()
            assert holder is not None
            assert (holder.host, holder.pid) == (socket.gethostname(), other.pid)
            assert holder.since is not None
            assert abs(datetime.now(UTC) - holder.since) < timedelta(minutes=1)

            other.send_signal(signal.SIGKILL)
            await other.wait()
            await taken_soon(lock)
            assert await lock.holder() is None

        async with lock_of(url) as third:
            assert not await third.take()

    async with lock_of(url) as fourth:
        await taken_soon(fourth)


async def test_a_lock_that_nobody_holds_is_only_looked_at(databases: Databases) -> None:
    url = await databases.migrated()
    async with lock_of(url) as looking, lock_of(url) as lock:
        assert await looking.holder() is None
        assert await lock.take()


async def test_two_paths_to_one_file_are_one_lock(sqlite_files: SqliteFiles) -> None:
    path = sqlite_path(database_address(await sqlite_files.migrated()))
    link = path.with_name(f"link-{path.name}")
    link.symlink_to(path)
    async with lock_of(f"sqlite+aiosqlite:///{path}") as first, lock_of(f"sqlite+aiosqlite:///{link}") as second:
        assert await first.take()
        assert not await second.take()


@pytest.mark.parametrize("is_replaced", [False, True], ids=["deleted", "replaced"])
async def test_a_lock_file_that_somebody_took_away_is_noticed(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch, is_replaced: bool
) -> None:
    """As a script does that clears "stale" locks at a start: two bots held the lock, and neither knew."""
    monkeypatch.setattr("storage.process_lock.sqlite.LOOK_EVERY", timedelta(milliseconds=10))
    url = await sqlite_files.migrated()
    path = sqlite_path(database_address(url))
    file = path.with_name(f"{path.name}.lock")
    async with lock_of(url) as first, lock_of(url) as second:
        assert await first.take()
        lost = asyncio.create_task(first.lost())
        await asyncio.sleep(0.05)
        assert not lost.done()

        file.unlink()
        if is_replaced:
            assert await second.take()
        async with asyncio.timeout(3):
            await lost

        assert await first.take() is not is_replaced
        assert await second.take() is is_replaced


async def test_a_whole_folder_that_is_gone_is_no_lost_lock(
    sqlite_files: SqliteFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database watch says what is wrong; taking the lock would create the folder again."""
    monkeypatch.setattr("storage.process_lock.sqlite.LOOK_EVERY", timedelta(milliseconds=10))
    path = sqlite_path(database_address(await sqlite_files.migrated()))
    async with lock_of(f"sqlite+aiosqlite:///{path}") as lock:
        assert await lock.take()
        lost = asyncio.create_task(lock.lost())

        path.with_name(f"{path.name}.lock").unlink()
        path.unlink()
        await asyncio.sleep(0.1)

        assert not lost.done()
        lost.cancel()


async def test_a_holder_that_cannot_be_read_is_still_one(sqlite_files: SqliteFiles) -> None:
    url = await sqlite_files.migrated()
    path = sqlite_path(database_address(url))
    async with lock_of(url) as first, lock_of(url) as second:
        assert await first.take()
        path.with_name(f"{path.name}.holder").write_text("{")
        assert await second.holder() == Holder()
        assert str(await second.holder()) == "a process"


async def test_a_lock_file_that_cannot_be_made_is_a_sentence(sqlite_files: SqliteFiles) -> None:
    path = sqlite_path(database_address(await sqlite_files.migrated()))
    path.with_name(f"{path.name}.lock").mkdir()
    async with lock_of(f"sqlite+aiosqlite:///{path}") as lock:
        with pytest.raises(StorageError, match=r"The lock file .*\.lock cannot be used"):
            await lock.take()


async def test_a_lost_connection_is_noticed_and_the_lock_can_be_taken_anew(
    postgres_databases: PostgresDatabases,
) -> None:
    url = await postgres_databases.migrated()
    async with lock_of(url) as lock, lock_of(url) as other:
        assert await lock.take()
        lost = asyncio.create_task(lock.lost())
        await asyncio.sleep(0)

        await _execute(
            url,
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE locktype = 'advisory' AND datname = current_database()",
        )

        async with asyncio.timeout(3):
            await lost
        await taken_soon(other)
        assert not await lock.take()
        holder = await lock.holder()
        assert holder is not None
        assert holder.pid == os.getpid()


async def test_what_this_process_lost_is_freed_where_the_server_did_not_notice(
    postgres_databases: PostgresDatabases,
) -> None:
    """Its connection broke only on our side: the server still holds the lock for it."""
    url = await postgres_databases.migrated()
    async with lock_of(url) as lock:
        assert await lock.take()
        forgotten, lock._session = lock._session, None  # type: ignore[attr-defined]  # the PostgreSQL one
        await taken_soon(lock)
        await forgotten.close()


async def _execute(url: str, statement: str) -> None:
    address = make_url(url)
    connection = await asyncpg.connect(host=address.query["host"], user="postgres", database=address.database)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
