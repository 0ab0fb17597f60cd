"""Why failpoints.py finds them all: the product commits and sends through its two seams, and nowhere else.

A new way to commit or to send fails here. Either it goes through the seam, or it is named below with a reason.
"""

from __future__ import annotations

import pytest

from tests.faults.seams import callers, importers

pytestmark = pytest.mark.faults

MIGRATION = "storage/database/migrate.py"
"""It commits once, before the bot does anything; tests/storage/database/test_migrate.py interrupts it."""

COPIES = {"storage/database/sqlite_copy.py", "storage/backup.py"}
"""They write only to copies."""

HEALTH_CHECK = "bot/cli/health.py"
"""A separate command, which asks the bot whether it is well."""

LOCK = "storage/process_lock/postgresql.py"
"""A separate connection, which writes nothing."""

TROUBLE = "storage/database/trouble.py"
"""It reads what the drivers raise, and calls nothing of theirs."""

CONNECT = "storage/database/connect.py"
"""It opens SQLite's connections for the engine, and writes nothing."""

SOCKETS = {"bot/web/addresses.py", "bot/health_file.py"}
"""One resolves names, the other asks for the host's name; neither sends anything."""


def test_what_is_committed_is_committed_by_the_writer() -> None:
    assert callers("commit") == {"storage/database/transactions.py"}
    assert callers("begin") <= {"storage/database/transactions.py", MIGRATION}
    assert callers("create_async_engine") == {"storage/database/connect.py"}
    assert callers("sqlite_writer", "sqlite_migrator", "postgresql_engine") <= {
        "storage/database/engine.py",
        MIGRATION,
        LOCK,
    }
    assert importers("sqlite3") <= {"storage/database/engine.py", *COPIES, MIGRATION, TROUBLE}
    assert importers("aiosqlite", "asyncpg") <= {"storage/database/engine.py", TROUBLE, CONNECT}
    assert importers("sqlalchemy.orm") == set()


def test_what_is_sent_is_sent_by_aiohttp() -> None:
    other_ways = ("requests", "httpx", "http.client", "urllib.request", "urllib3", "smtplib", "ftplib", "websockets")
    assert importers(*other_ways) <= {HEALTH_CHECK}
    assert importers("socket") <= SOCKETS | {TROUBLE}
    assert callers("open_connection", "create_connection", "create_datagram_endpoint") == set()
