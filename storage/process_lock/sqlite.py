"""The lock file beside a SQLite database, and a second file that says who holds it.

Two files, because on Windows nobody else can read a locked file. Only the lock counts: the operating system releases it
with the process, and the second file may then be out of date.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import URL

from bot.errors import StorageError
from storage.database.address import sqlite_path
from storage.database.trouble import unwritable_folder
from storage.process_lock.holder import Holder

LOOK_EVERY: Final = timedelta(seconds=5)


class SqliteLock:
    """Fits `storage.process_lock.ProcessLock`."""

    def __init__(self, address: URL) -> None:
        database = self._database = sqlite_path(address).absolute().resolve()
        self._path = database.with_name(f"{database.name}.lock")
        self._told = database.with_name(f"{database.name}.holder")
        self._lock = FileLock(self._path, thread_local=False)
        self._identity: tuple[int, int] | None = None

    async def take(self) -> bool:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable_folder(self._database, error) from error
        with _as_storage_error(self._path):
            if not self._acquire():
                return False
            me = Holder.myself()
            facts = {"host": me.host, "pid": me.pid, "since": me.since.isoformat() if me.since else None}
            self._told.write_text(json.dumps(facts), encoding="utf-8")
        return True

    async def holder(self) -> Holder | None:
        with _as_storage_error(self._path):
            if self._lock.is_locked or not self._path.exists():
                return None
            if self._acquire():
                self._lock.release()
                return None
            return self._read()

    async def lost(self) -> None:
        """See the port. The lock ends with the process; but removing its file lets another process take one too."""
        while self._is_there():  # noqa: ASYNC110  others change the file: there is no event
            await asyncio.sleep(LOOK_EVERY.total_seconds())
        self._lock.release(force=True)

    async def close(self) -> None:
        self._lock.release(force=True)

    def _is_there(self) -> bool:
        """True also when the database is gone too: that is not a matter of the lock."""
        return not self._database.exists() or _identity(self._path) == self._identity

    def _acquire(self) -> bool:
        if self._lock.is_locked:
            return True
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        self._identity = _identity(self._path)
        return True

    def _read(self) -> Holder:
        try:
            told = json.loads(self._told.read_text(encoding="utf-8"))
            return Holder(str(told["host"]), int(told["pid"]), datetime.fromisoformat(told["since"]))
        except (OSError, ValueError, KeyError, TypeError):
            return Holder()


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _as_storage_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"The lock file {path} cannot be used: {error.strerror or error}. Let the bot's user write "
            "it and its folder, or check DATABASE_URL."
        ) from error
