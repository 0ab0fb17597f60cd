"""Copies of a SQLite database that is in use: complete, checked, and in place only once they are good."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import StorageError


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database as it was at one moment, while others go on using it; an existing `target` is replaced.

    Blocks for as long as the disk takes. Uses https://www.sqlite.org/backup.html.

    Raises `StorageError` when the copy is damaged, and `sqlite3.Error` or `OSError` when it cannot be made.
    """
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        _copy(source, partial)
        shutil.copymode(source, partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    unchanged = f"{source.resolve().as_uri()}?mode=ro"
    with closing(sqlite3.connect(unchanged, uri=True)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        _check(copy, target)


def _check(copy: sqlite3.Connection, path: Path) -> None:
    verdict = copy.execute("PRAGMA integrity_check").fetchall()
    if verdict != [("ok",)]:
        raise StorageError(f"The copy {path.name} is damaged: {verdict[0][0]}")
