"""A database that cannot be used says why, in words for its operator; mistakes of ours stay mistakes."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from bot.errors import DatabaseMissing, DatabaseUnavailable
from storage.database.address import database_address
from storage.database.engine import Database
from storage.database.migrate import require_current, schema_version, upgrade
from storage.database.trouble import database_errors
from storage.proof import prove_writable
from storage.tables import guilds
from tests.databases import Databases, PostgresDatabases, SqliteFiles

NOBODY = 65534

Run = Callable[..., Awaitable[None]]


@pytest.fixture
async def opened(sqlite_files: SqliteFiles) -> AsyncIterator[tuple[Database, Path]]:
    url = await sqlite_files.migrated()
    database = Database(url)
    yield database, Path(str(database.address.database))
    await database.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of the machine can reach, unlike pytest's."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).chmod(0o755)


def contents(url: str) -> bytes:
    """For the file of an SQLite database that nobody has open."""
    return Path(str(database_address(url).database)).read_bytes()


def fill_and_close(file: Path, content: bytes) -> None:
    """Write a file, then make it and its folder read-only for everybody."""
    file.write_bytes(content)
    file.chmod(0o444)
    file.parent.chmod(0o555)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def write(database: Database, guild_id: int = 1) -> None:
    async with database.writer() as transaction:
        await transaction.execute(insert(guilds).values(guild_id=guild_id))


async def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("SELECT count(*) FROM guilds").fetchone()[0])


async def test_a_database_that_takes_writes_proves_it_and_keeps_nothing(database: Database) -> None:
    for _ in range(2):
        await prove_writable(database)

    async with database.reader() as transaction:
        assert (await transaction.execute(text("SELECT count(*) FROM notes"))).scalar_one() == 0


async def test_a_file_that_was_deleted_is_never_written_to(opened: tuple[Database, Path]) -> None:
    database, path = opened
    await write(database)
    away = path.with_name("away.db")
    path.rename(away)

    for refused in (write(database, 2), prove_writable(database)):
        with pytest.raises(DatabaseMissing, match=f"The database file {path} is gone. Put it back"):
            await refused

    assert not path.exists()
    away.rename(path)
    await write(database, 3)
    assert await rows(path) == 2


async def test_a_file_that_goes_while_a_transaction_writes_gets_nothing_of_it(opened: tuple[Database, Path]) -> None:
    database, path = opened

    async def write_into_the_void() -> None:
        async with database.writer() as transaction:
            await transaction.execute(insert(guilds).values(guild_id=1))
            path.rename(path.with_name("away.db"))

    with pytest.raises(DatabaseMissing):
        await write_into_the_void()

    path.with_name("away.db").rename(path)
    assert await rows(path) == 0


async def test_a_file_that_was_replaced_is_not_touched(
    opened: tuple[Database, Path], sqlite_files: SqliteFiles
) -> None:
    database, path = opened
    await write(database)
    other = contents(await sqlite_files.migrated())
    path.rename(path.with_name("away.db"))
    path.write_bytes(other)

    with pytest.raises(
        DatabaseMissing, match=r"was replaced by another one while the bot was using it\. Put the right one"
    ):
        await write(database, 2)
    with pytest.raises(DatabaseMissing):
        async with database.reader():
            pass

    assert path.read_bytes() == other


async def test_opening_a_file_that_is_not_there_makes_none(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/typo/videobot.db"
    database = Database(url)

    with pytest.raises(DatabaseMissing):
        await write(database)
    with pytest.raises(DatabaseMissing, match=r"There is no database at .*/typo/videobot\.db\. Check DATABASE_URL"):
        await require_current(url)

    await database.close()
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", ["what?.db", "a#b.db", "100%.db", "100%41.db", "ä ö.db", "a;b&c.db"])
async def test_any_character_in_a_path_is_kept(tmp_path: Path, name: str) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path}/{name}"
    await upgrade(url)
    database = Database(url)
    await write(database)
    await database.close()

    assert names_in(tmp_path) == [name]
    assert await rows(tmp_path / name) == 1
    assert await schema_version(url) is not None


async def test_a_full_disk_is_named_with_its_room(opened: tuple[Database, Path]) -> None:
    database, path = opened

    async def fill() -> None:
        async with database.writer() as transaction:
            await transaction.execute(text("PRAGMA max_page_count = 1"))
            for guild_id in range(10_000):
                await transaction.execute(insert(guilds).values(guild_id=guild_id))

    with pytest.raises(DatabaseUnavailable, match=rf"there is no room for {path} \([\d.]+ MiB free\).*\(SQLITE_FULL\)"):
        await fill()


async def test_no_room_beside_the_file_is_found_without_an_order(
    opened: tuple[Database, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction that is rolled back would not notice; /dev/full stands for a disk that is full."""
    database, _path = opened
    full = Path("/dev/full")
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: full.open("wb", buffering=0))

    with pytest.raises(DatabaseUnavailable, match=r"there is no room beside .* MiB free\); make room \(ENOSPC\)"):
        await prove_writable(database)


async def test_a_file_that_this_user_may_only_read_is_not_ready(open_folder: Path, sqlite_files: SqliteFiles) -> None:
    file = open_folder / "videobot.db"
    content = contents(await sqlite_files.migrated())
    fill_and_close(file, content)
    database = Database(f"sqlite+aiosqlite:///{file}")

    with unprivileged(), pytest.raises(DatabaseUnavailable, match=r"videobot\.db.*(SQLITE_READONLY|SQLITE_CANTOPEN)"):
        await prove_writable(database)

    await database.close()


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user to whom permissions apply; root has to become one."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("REVOKE UPDATE ON jobs FROM limited", r"the role limited_\w+ lacks rights \(UPDATE on jobs\); grant it what"),
        ("REVOKE INSERT ON notes FROM limited", r"the role limited_\w+ lacks rights \(INSERT on notes\)"),
        ("ALTER ROLE limited SET default_transaction_read_only = on", r"it takes no writes; .*\(SQLSTATE 25006\)"),
    ],
)
async def test_a_role_that_may_not_write_is_told_which_right_it_lacks(
    postgres_databases: PostgresDatabases, change: str, reason: str
) -> None:
    async with limited_role(postgres_databases, "GRANT ALL ON ALL TABLES IN SCHEMA public TO limited") as (url, run):
        await run("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO limited")
        database = Database(url)
        await prove_writable(database)
        await database.close()
        await run(change)

        database = Database(url)
        with pytest.raises(DatabaseUnavailable, match=reason):
            await prove_writable(database)
        await database.close()


async def test_a_role_without_any_right_is_a_sentence_and_no_traceback(postgres_databases: PostgresDatabases) -> None:
    async with limited_role(postgres_databases, "SELECT 1") as (url, _run):
        for refused in (schema_version(url), upgrade(url)):
            with pytest.raises(DatabaseUnavailable, match=r"the role limited_\w+ lacks a right \(.*denied.*\).*42501"):
                await refused


async def test_a_server_that_does_not_know_the_database_or_the_role_is_a_sentence(
    postgres_databases: PostgresDatabases,
) -> None:
    url = make_url(await postgres_databases.empty())

    for wrong, reason in (
        (url.set(database="typo"), r"the server has no database typo; check DATABASE_URL \(SQLSTATE 3D000\)"),
        (url.set(username="stranger"), r"the server does not let the role stranger in"),
    ):
        with pytest.raises(DatabaseUnavailable, match=reason):
            await schema_version(wrong.render_as_string(hide_password=False))


async def test_mistakes_of_ours_are_not_called_trouble(databases: Databases) -> None:
    address = database_address(await databases.empty())
    for mistake in (IntegrityError("", None, Exception()), ProgrammingError("", None, Exception())):
        with pytest.raises(type(mistake)), database_errors(address):
            raise mistake


@asynccontextmanager
async def limited_role(
    databases: PostgresDatabases, grant: str
) -> AsyncIterator[tuple[str, Callable[..., Awaitable[None]]]]:
    url = make_url(await databases.empty())
    await upgrade(url.render_as_string())
    name, role = str(url.database), f"limited_{url.database}"  # roles belong to the whole server, databases do not

    async def run(*statements: str) -> None:
        await databases._execute(name, *(statement.replace("limited", role) for statement in statements))

    await run("CREATE ROLE limited LOGIN", grant)
    try:
        yield url.set(username=role).render_as_string(), run
    finally:
        await run("DROP OWNED BY limited", "DROP ROLE limited")
