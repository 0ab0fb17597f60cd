"""Testing that a database takes writes now: something is really written, and rolled back."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, insert, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

from bot.errors import DatabaseUnavailable
from storage.database.address import database_address, is_sqlite, sqlite_path
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.database.trouble import database_errors, unwritable_folder
from storage.tables import metadata, notes

ROOM: Final = 64 * 1024
"""Bytes that must be free beside an SQLite file, so that its next transaction fits."""

_LACKING = text(
    "SELECT privilege || ' on ' || relname AS lacking FROM pg_class,"
    " unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege"
    " WHERE relkind = 'r' AND relname = ANY(:tables) AND relnamespace = current_schema()::regnamespace"
    " AND NOT (relname = 'ledger' AND privilege IN ('UPDATE', 'DELETE')) AND NOT has_table_privilege(oid, privilege)"
    " UNION ALL SELECT 'USAGE on ' || relname FROM pg_class"
    " WHERE relkind = 'S' AND relname = ANY(:sequences) AND relnamespace = current_schema()::regnamespace"
    " AND NOT has_sequence_privilege(oid, 'USAGE') ORDER BY 1"
).bindparams(bindparam("tables", type_=ARRAY(Text)), bindparam("sequences", type_=ARRAY(Text)))
"""Nothing ever changes or deletes a row of the ledger, so those two rights are not needed."""


class _TakenBack(Exception):
    """Ends the transaction without a trace."""


async def prove_writable(database: Database) -> None:
    """Return when the database would take an order now.

    Raises `DatabaseUnavailable`, whose sentence says what is wrong: which file, how much room, which right.
    """
    with suppress(_TakenBack):
        async with database.writer() as transaction:
            await _require_rights(database, transaction)
            await transaction.execute(insert(notes).values(name="proof", value=""))
            raise _TakenBack
    if is_sqlite(database.address):
        with database_errors(database.address):
            await asyncio.to_thread(_write_beside, sqlite_path(database.address))


async def prove_place(url: str) -> None:
    """Return when a first start could create its database there; the bot creates only SQLite's.

    Raises `DatabaseUnavailable`, and `SettingsError`.
    """
    address = database_address(url)
    if is_sqlite(address):
        file = sqlite_path(address).absolute()
        try:
            await asyncio.to_thread(_write_into, next(path for path in file.parents if path.exists()))
        except OSError as error:
            raise unwritable_folder(file, error) from error


def _write_into(folder: Path) -> None:
    with tempfile.TemporaryFile(dir=folder, buffering=0) as proof:
        proof.write(b"\0")


async def _require_rights(database: Database, transaction: Transaction) -> None:
    """Check every right at once: an order must not fail halfway, at the first table that lacks one."""
    if is_sqlite(database.address):
        return
    names = list(metadata.tables)
    values = {"tables": names, "sequences": [f"{name}_id_seq" for name in names]}
    lacking = list((await transaction.execute(_LACKING, values)).scalars())
    if lacking:
        role = database.address.username or "of this user"
        raise DatabaseUnavailable(
            f"The database cannot be used: the role {role} lacks rights ({', '.join(lacking[:5])}); grant it what "
            "docs/operations.md lists."
        )


def _write_beside(file: Path) -> None:
    """A transaction that is rolled back never reaches the disk, so write a file without a name."""
    with tempfile.TemporaryFile(dir=file.absolute().parent, buffering=0) as proof:
        proof.write(b"\0" * ROOM)
