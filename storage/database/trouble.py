"""What can be wrong with a database, translated once: which of the drivers' errors are trouble, and in what words.

PostgreSQL names it by an SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), SQLite by a result
code (https://www.sqlite.org/rescode.html), the operating system by an errno.
"""

from __future__ import annotations

import errno
import shutil
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import URL
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import DatabaseUnavailable
from storage.database.address import is_sqlite, sqlite_path

try:
    from asyncpg import InterfaceError, PostgresError
except ModuleNotFoundError:  # only the extra "postgres" brings it
    _OF_POSTGRESQL: tuple[type[Exception], ...] = ()
else:
    _OF_POSTGRESQL = (PostgresError, InterfaceError)

_TROUBLES: Final[tuple[type[Exception], ...]] = (DBAPIError, PoolTimeout, OSError, *_OF_POSTGRESQL)

_SQLSTATES: Final = {
    "25006": "it takes no writes; the server is a standby, or the database or the role {role} is set to read-only",
    "28000": "the server does not let the role {role} in; check DATABASE_URL",
    "28P01": "the server refuses the password of the role {role}; check DATABASE_URL",
    "3D000": "the server has no database {name}; check DATABASE_URL",
    "42501": "the role {role} lacks a right ({said}); grant it what docs/operations.md lists",
    "53100": "the server's disk is full",
    "53200": "the server has no memory left",
    "53300": "the server has no connection left for the bot",
    "57P01": "the server is stopping",
    "57P02": "the server has crashed and is restarting",
    "57P03": "the server is starting or stopping",
}

_SQLITE: Final = {
    sqlite3.SQLITE_BUSY: "another program has locked {file}",
    sqlite3.SQLITE_CANTOPEN: "{file} cannot be opened; it is missing, a folder, or not readable for this user; "
    "check DATABASE_URL and the rights",
    sqlite3.SQLITE_CORRUPT: "{file} is damaged; stop the bot and put a backup back",
    sqlite3.SQLITE_FULL: "there is no room for {file} ({room} free); make room",
    sqlite3.SQLITE_IOERR: "the disk fails to read or write {file} ({room} free)",
    sqlite3.SQLITE_NOTADB: "{file} is not an SQLite database; check DATABASE_URL, or put a backup back",
    sqlite3.SQLITE_READONLY: "{file} or its folder cannot be written; let the bot's user write both",
}

_ERRNOS: Final = {
    errno.ENOSPC: "there is no room beside {file} ({room} free); make room",
    errno.EDQUOT: "the disk quota of {file} is used up; make room",
    errno.EROFS: "{file} is on a read-only file system",
    errno.EACCES: "{file} or its folder cannot be written; let the bot's user write both",
}

_MISTAKE_CLASSES: Final = ("22", "23", "42")
"""Classes of SQLSTATE for wrong values, broken constraints and wrong statements."""


@contextmanager
def database_errors(address: URL) -> Iterator[None]:
    """Turn what the drivers raise when a database cannot be used into `DatabaseUnavailable`, with the reason.

    Whatever only a mistake of ours can cause (a broken constraint, a wrong statement) passes through.
    """
    try:
        yield
    except _TROUBLES as error:
        cause = _cause(error)
        if _is_ours(error, cause):
            raise
        raise DatabaseUnavailable(f"The database cannot be used: {_reason(address, cause)}.") from error


def unwritable_folder(file: Path, error: OSError) -> DatabaseUnavailable:
    """The error where no database can be created."""
    why = (error.strerror or "it does not work").lower()
    return DatabaseUnavailable(
        f"The database cannot be created at {file}: its folder cannot be written ({why}). Let the bot's user write it, "
        "or check DATABASE_URL."
    )


def _cause(error: BaseException) -> BaseException:
    """The driver's own error, which SQLAlchemy wraps."""
    return error.orig if isinstance(error, DBAPIError) and error.orig is not None else error


def _is_ours(error: BaseException, cause: BaseException) -> bool:
    state = _sqlstate(cause)
    if state is not None:
        return state[:2] in _MISTAKE_CLASSES and state not in _SQLSTATES
    return isinstance(error, IntegrityError | ProgrammingError | DataError)


def _reason(address: URL, cause: BaseException) -> str:
    code, words = _known(cause)
    if words is None and not is_sqlite(address):
        words = _network_words(cause)
    said = (str(cause).splitlines() or [""])[0].rpartition(">: ")[2].rstrip(".") or "no answer in time"
    facts = {"said": said, "role": address.username or "of this user", "name": address.database}
    facts |= {"host": address.host, "server": _server(address)}
    if is_sqlite(address):
        path = sqlite_path(address)
        facts |= {"file": str(path), "room": _room(path)}
    sentence = said if words is None else words.format(**facts)
    return f"{sentence} ({code})" if code else sentence


def _known(cause: BaseException) -> tuple[str, str | None]:
    """The code by which the error can be looked up, and our words for it, if any."""
    if isinstance(cause, socket.gaierror | ssl.SSLError):  # their numbers are not errno values
        return "", None
    if (state := _sqlstate(cause)) is not None:
        return f"SQLSTATE {state}", _SQLSTATES.get(state)
    if isinstance(cause, sqlite3.Error) and hasattr(cause, "sqlite_errorcode"):
        return cause.sqlite_errorname, _SQLITE.get(cause.sqlite_errorcode & 0xFF)
    if isinstance(cause, OSError) and cause.errno is not None:
        return errno.errorcode.get(cause.errno, f"errno {cause.errno}"), _ERRNOS.get(cause.errno)
    return "", None


def _network_words(cause: BaseException) -> str | None:
    """Without an answer from PostgreSQL, there is only what the operating system says."""
    if isinstance(cause, ssl.SSLError):
        return "the server and the bot do not agree on TLS ({said}); check sslmode in DATABASE_URL"
    if isinstance(cause, socket.gaierror):
        return "the name {host} is not known here; check DATABASE_URL and the network"
    if isinstance(cause, OSError):
        return "no PostgreSQL answers at {server}; start it, or check DATABASE_URL and the network"
    return None


def _server(address: URL) -> str:
    host = address.host or address.query.get("host") or "localhost"
    return f"{host}:{address.port}" if address.port else str(host)


def _sqlstate(cause: BaseException) -> str | None:
    state = getattr(cause, "sqlstate", None)
    return state if isinstance(state, str) else None


def _room(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path.absolute().parent).free / 2**20:.1f} MiB"
    except OSError:
        return "unknown room"
