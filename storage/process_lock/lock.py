"""The port of a process lock, and which kind a database needs."""

from __future__ import annotations

from typing import Protocol

from storage.database.address import database_address, is_sqlite
from storage.process_lock.holder import Holder
from storage.process_lock.postgresql import PostgresLock
from storage.process_lock.sqlite import SqliteLock


class ProcessLock(Protocol):
    """The right to work on a database, held by one process at a time. All methods raise `StorageError`.

    `close()` must be awaited at the end, whether the lock was taken or not.
    """

    async def take(self) -> bool:
        """Take the lock without waiting; False when another process holds it."""

    async def holder(self) -> Holder | None:
        """Who else holds the lock now; None when nobody else does."""

    async def lost(self) -> None:
        """Return once a lock that was taken is no longer held; it can then be taken again."""

    async def close(self) -> None:
        """Release the lock if it is held."""


def process_lock(url: str) -> ProcessLock:
    """The lock of the database of a `DATABASE_URL`, not taken yet.

    Raises `SettingsError`.
    """
    address = database_address(url)
    return SqliteLock(address) if is_sqlite(address) else PostgresLock(address)
