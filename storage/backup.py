"""The operator's backup: a copy of the database whose ledger is verified before the copy appears.

To restore it, put the file back: see "Backups" in docs/operations.md.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL

from bot.clock import Clock
from bot.errors import BackupRefused
from storage.database.address import SQLITE, database_address, is_sqlite, sqlite_path
from storage.database.engine import Database
from storage.database.migrate import newest_version, schema_version
from storage.database.sqlite_copy import PRIVATE, copy_sqlite
from storage.ledger import LedgerStore

PROBLEMS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SafeCopy:
    """Where the copy is, its size in bytes, and the number of its verified ledger entries."""

    path: Path
    size: int
    entries: int


def back_up(url: str, target: Path, *, replace: bool, clock: Clock) -> SafeCopy:
    """Copy the database of this `DATABASE_URL` to `target`, even while the bot runs, and verify the copy.

    The copy is intact (SQLite's integrity check), its ledger adds up, and only its owner may read it. It appears under
    its name last, in one step. On any error `target` is unchanged.

    Blocks while the disk works; call it where no event loop runs.

    Raises `BackupRefused`, other `StorageError`s, and `SettingsError`.
    """
    address = database_address(url)
    if not is_sqlite(address):
        raise BackupRefused("This database is on a PostgreSQL server: back it up with pg_dump.")
    source = sqlite_path(address)
    try:
        _require_place(source, target, replace=replace)
    except OSError as error:
        raise _not_made(error) from error
    _require_schema(url)
    found: list[int] = []

    def prove(copy: Path) -> None:
        address = URL.create(SQLITE, database=str(copy.absolute()))
        found.append(asyncio.run(_entries_of_sound_books(address, clock)))
        _fold_log_in(copy)

    try:
        copy_sqlite(source, target, check=prove, mode=PRIVATE)
    except (sqlite3.Error, OSError) as error:
        raise _not_made(error) from error
    return SafeCopy(target, target.stat().st_size, found[0])


def _not_made(error: sqlite3.Error | OSError) -> BackupRefused:
    """The path is left out: whoever called knows it, and it may be what is wrong."""
    said = error.strerror if isinstance(error, OSError) else str(error)
    return BackupRefused(f"The copy could not be made: {(said or 'the disk does not say why').lower()}.")


def _require_place(source: Path, target: Path, *, replace: bool) -> None:
    if not source.exists():
        raise BackupRefused(f"There is no database at {source}. Check DATABASE_URL.")
    if not _is_utf_8(str(target)):
        raise BackupRefused(f"{target} is not a name in UTF-8, which SQLite needs.")
    if not str(target).isprintable():
        raise BackupRefused("The copy's path should have no line breaks or other characters that cannot be seen.")
    if target.is_dir() or not target.parent.is_dir():
        raise BackupRefused(f"{target} should be a file in an existing folder.")
    if target.exists() and target.samefile(source):
        raise BackupRefused("That is the database itself. Choose another place for the copy.")
    if target.exists() and not replace:
        raise BackupRefused(f"{target} exists already. Choose another name, or add --force to replace it.")


def _is_utf_8(name: str) -> bool:
    """Python reads other file names with surrogates in place of their bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _require_schema(url: str) -> None:
    version = asyncio.run(schema_version(url))
    if version != newest_version():
        raise BackupRefused(
            f"The database has schema version {version}, whose ledger this version of the bot cannot verify. "
            "Use the version that wrote it, or start this one, which keeps a copy before it upgrades."
        )


async def _entries_of_sound_books(address: URL, clock: Clock) -> int:
    database = Database(address.render_as_string())
    try:
        ledger = LedgerStore(database=database, clock=clock)
        problems = await ledger.verify()
        entries = len(await ledger.entries())
    finally:
        await database.close()
    if problems:
        shown = "\n".join(problems[:PROBLEMS_SHOWN])
        raise BackupRefused(f"The copy was not kept, because its ledger does not add up:\n{shown}")
    return entries


def _fold_log_in(copy: Path) -> None:
    """Make it one file again; reading it through the store gave it a write-ahead log."""
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
