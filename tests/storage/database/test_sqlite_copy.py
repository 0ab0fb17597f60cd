"""Copies of a SQLite database in use are complete and checked, or not there at all."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import StorageError
from storage.database import sqlite_copy as backup
from storage.database.sqlite_copy import copy_sqlite


def test_copy_holds_what_was_committed_while_somebody_writes(tmp_path: Path) -> None:
    with closing(_database(tmp_path / "live.db")) as live:
        live.execute("BEGIN IMMEDIATE")
        live.execute("INSERT INTO words VALUES ('not yet')")

        copy_sqlite(tmp_path / "live.db", tmp_path / "copy.db")

        live.rollback()
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT word FROM words").fetchall() == [("committed",)]
    assert not (tmp_path / "copy.db.partial").exists()


def test_copy_is_as_private_as_the_database(tmp_path: Path) -> None:
    _database(tmp_path / "live.db").close()
    (tmp_path / "live.db").chmod(0o600)
    copy_sqlite(tmp_path / "live.db", tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600


def test_copy_that_is_damaged_does_not_replace_an_older_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _database(tmp_path / "live.db").close()
    (tmp_path / "copy.db").write_bytes(b"the older copy")

    def find_damage(_copy: sqlite3.Connection, path: Path) -> None:
        raise StorageError(f"The copy {path.name} is damaged: row 3 missing")

    monkeypatch.setattr(backup, "_check", find_damage)
    with pytest.raises(StorageError, match="damaged"):
        copy_sqlite(tmp_path / "live.db", tmp_path / "copy.db")

    assert not (tmp_path / "copy.db.partial").exists()
    assert (tmp_path / "copy.db").read_bytes() == b"the older copy"


def test_copy_of_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        copy_sqlite(tmp_path / "none.db", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def _database(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE words (word TEXT)")
    database.execute("INSERT INTO words VALUES ('committed')")
    return database
