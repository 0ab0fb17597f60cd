"""Copies of a SQLite database in use: complete, checked, and in place only once they are good."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bot.errors import StorageError

PRIVATE = 0o600


def copy_sqlite(
    source: Path, target: Path, *, check: Callable[[Path], None] | None = None, mode: int | None = None
) -> None:
    """Copy a database as of one moment, while others keep using it; an existing `target` is replaced.

    `check` inspects the finished copy before it is moved into place, and raises if it is not good. The copy gets
    `mode`, or the permissions of `source`. Blocks while the disk works. Uses https://www.sqlite.org/backup.html.

    Raises `StorageError` when the copy is damaged, and `sqlite3.Error` or `OSError` when it cannot be made.
    """
    partial = target.with_name(f"{target.name}.partial")
    partial.unlink(missing_ok=True)
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, PRIVATE))
        _copy(source, partial)
        if check is not None:
            check(partial)
        _settle_permissions(source, partial, mode)
        _flush(partial)
        partial.replace(target)
        _flush(target.parent)
    finally:
        for left_over in (partial, *(partial.with_name(partial.name + end) for end in ("-wal", "-shm", "-journal"))):
            left_over.unlink(missing_ok=True)


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


def _settle_permissions(source: Path, copy: Path, mode: int | None) -> None:
    if mode is None:
        shutil.copymode(source, copy)
    else:
        copy.chmod(mode)


def _flush(path: Path) -> None:
    """Flush a file, or the names in a folder, to the disk itself, so that they survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
