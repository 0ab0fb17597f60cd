"""What `DATABASE_URL` names: an SQLite file, whose path may contain any character, or a PostgreSQL database."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.errors import SettingsError

SQLITE = "sqlite+aiosqlite"
POSTGRESQL = "postgresql+asyncpg"

_OPTION = re.compile(r"\?\w+=")


def database_address(url: str) -> URL:
    """The parsed `DATABASE_URL`. Everything after `sqlite+aiosqlite:///` is the path of the file.

    Raises `SettingsError` for anything but an SQLite file or a PostgreSQL server.
    """
    if url.startswith(f"{SQLITE}:///"):
        return _sqlite_address(url.removeprefix(f"{SQLITE}:///"))
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise SettingsError(["DATABASE_URL is not a database's address."]) from error
    if address.drivername not in (SQLITE, POSTGRESQL):
        raise SettingsError([f"DATABASE_URL must begin with {SQLITE}: or {POSTGRESQL}:, not {address.drivername}:"])
    return address if address.drivername == POSTGRESQL else _sqlite_address(address.database or "")


def _sqlite_address(file: str) -> URL:
    if file in ("", ":memory:"):
        raise SettingsError(["DATABASE_URL must name a file: a database in memory would forget what was paid for."])
    if _OPTION.search(file):
        raise SettingsError(["DATABASE_URL takes no options (?name=value) for SQLite; the bot sets them itself."])
    return URL.create(SQLITE, database=file)


def is_sqlite(address: URL) -> bool:
    return address.drivername == SQLITE


def sqlite_path(address: URL) -> Path:
    return Path(str(address.database))


def sqlite_file(url: str) -> Path | None:
    """The file of a `DATABASE_URL`; None for PostgreSQL. Raises `SettingsError`."""
    address = database_address(url)
    return sqlite_path(address) if is_sqlite(address) else None


def place_of(url: str) -> str:
    """Where the database of a `DATABASE_URL` is, for people. Raises `SettingsError`."""
    return place(database_address(url))


def place(address: URL) -> str:
    """Where the database is, for people: a path, or an address without its password."""
    if is_sqlite(address):
        return str(sqlite_path(address))
    return address.difference_update_query(["password"]).render_as_string()
