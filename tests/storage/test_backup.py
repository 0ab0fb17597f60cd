"""A backup is verified before it appears, replaces nothing by accident, and can be restored."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.domain.job import JobState
from bot.errors import BackupRefused
from storage.backup import SafeCopy, back_up
from storage.database.engine import Database
from tests.databases import SqliteFiles
from tests.storage.stage import GUILD, PICTURE, HandClock, Stage, a_request, a_stage


@pytest.fixture
async def url(sqlite_files: SqliteFiles) -> str:
    return await sqlite_files.migrated()


@pytest.fixture
async def live(url: str) -> AsyncIterator[Stage]:
    """A bot's database in use, with a finished and an open job."""
    database = Database(url)
    stage = a_stage(database)
    await stage.grant(100)
    await stage.advance(await stage.accept(15), JobState.COMPLETED, used=20)
    await stage.accept(5, a_request(image=PICTURE))
    yield stage
    await database.close()


async def backed_up(url: str, target: Path, *, replace: bool = False) -> SafeCopy:
    """What the command does in its own process."""
    return await asyncio.to_thread(back_up, url, target, replace=replace, clock=HandClock())


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def test_a_backup_is_restored_by_putting_the_file_back(live: Stage, url: str, tmp_path: Path) -> None:
    made = await backed_up(url, tmp_path / "backup.db")
    before = await live.ledger.balance(GUILD)
    jobs = await live.jobs.in_states(*JobState)
    [waiting] = await live.jobs.in_states(JobState.QUEUED)

    new_place = tmp_path / "data" / "videobot.db"
    new_place.parent.mkdir()
    shutil.copy(made.path, new_place)
    restored = a_stage(Database(f"sqlite+aiosqlite:///{new_place}"))

    assert await restored.ledger.verify() == []
    assert await restored.ledger.balance(GUILD) == before
    assert await restored.jobs.in_states(*JobState) == jobs
    assert await restored.jobs.source_image(waiting.id) == PICTURE
    await restored.accept(5)
    await restored.database.close()


async def test_a_backup_is_one_private_file(live: Stage, url: str, tmp_path: Path) -> None:
    made = await backed_up(url, tmp_path / "backup.db")

    assert files_in(tmp_path) == ["backup.db"]
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert (made.size, made.entries) == (made.path.stat().st_size, len(await live.ledger.entries()))


async def test_a_backup_can_be_made_while_the_bot_writes(live: Stage, url: str, tmp_path: Path) -> None:
    async def request_on() -> None:
        while True:
            await live.accept(1)

    await live.grant(100_000)
    writing = asyncio.create_task(request_on())
    try:
        made = [await backed_up(url, tmp_path / f"{number}.db") for number in range(3)]
    finally:
        writing.cancel()
        await asyncio.wait({writing})

    assert made[0].entries < made[1].entries < made[2].entries


async def test_a_backup_replaces_nothing_unless_told_to(live: Stage, url: str, tmp_path: Path) -> None:
    older = tmp_path / "backup.db"
    older.write_text("older")

    with pytest.raises(BackupRefused, match="exists already"):
        await backed_up(url, older)
    assert older.read_text() == "older"

    await backed_up(url, older, replace=True)
    with closing(sqlite3.connect(older)) as copy:
        assert copy.execute("SELECT count(*) FROM jobs").fetchone() == (2,)


async def test_books_that_do_not_add_up_are_not_backed_up_silently(live: Stage, url: str, tmp_path: Path) -> None:
    async with live.database.writer() as transaction:
        await transaction.execute(text("UPDATE wallets SET available = available + 9, granted = granted + 9"))

    with pytest.raises(BackupRefused, match="does not add up"):
        await backed_up(url, tmp_path / "backup.db")

    assert files_in(tmp_path) == []


async def test_places_that_make_no_sense_are_refused(live: Stage, url: str, tmp_path: Path) -> None:
    database_file = Path(url.removeprefix("sqlite+aiosqlite:///"))
    refusals = {
        tmp_path: "should be a file in an existing folder",
        tmp_path / "none" / "b.db": "should be a file in an existing folder",
        database_file: "the database itself",
    }
    for place, words in refusals.items():
        with pytest.raises(BackupRefused, match=words):
            await backed_up(url, place, replace=True)
    with pytest.raises(BackupRefused, match="no database at"):
        await backed_up(f"sqlite+aiosqlite:///{tmp_path}/none.db", tmp_path / "b.db")
    with pytest.raises(BackupRefused, match="pg_dump"):
        await backed_up("postgresql+asyncpg://bot@host/name", tmp_path / "b.db")


@pytest.mark.parametrize("name", ["n" * 250, "n" * 300, "/".join(["n" * 200] * 30)])
async def test_a_path_that_is_too_long_is_one_plain_sentence(live: Stage, url: str, tmp_path: Path, name: str) -> None:
    with pytest.raises(BackupRefused) as refused:
        await backed_up(url, tmp_path / name)

    assert str(refused.value) == "The copy could not be made: file name too long."
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("name", ["a\nb.db", "a\u2028b.db", "a\x1b[2Jb.db"])
async def test_a_path_with_a_line_break_is_refused_without_repeating_it(
    live: Stage, url: str, tmp_path: Path, name: str
) -> None:
    with pytest.raises(BackupRefused, match=r"^The copy's path should have no line breaks [^\n]+$"):
        await backed_up(url, tmp_path / name)

    assert files_in(tmp_path) == []


async def test_a_full_disk_leaves_the_older_backup(live: Stage, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    older = Path(url.removeprefix("sqlite+aiosqlite:///")).with_suffix(".copy")
    await backed_up(url, older)
    kept = older.read_bytes()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("storage.database.sqlite_copy._copy", full)
    with pytest.raises(BackupRefused, match="disk is full"):
        await backed_up(url, older, replace=True)

    assert older.read_bytes() == kept


async def test_a_database_of_another_version_is_told_apart(live: Stage, url: str, tmp_path: Path) -> None:
    async with live.database.writer() as transaction:
        await transaction.execute(text("DELETE FROM alembic_version"))

    with pytest.raises(BackupRefused, match="schema version None"):
        await backed_up(url, tmp_path / "backup.db")
