"""Granting, revoking, showing and proving credits."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Videobot

pytestmark = pytest.mark.usefixtures("database_file")

GUILD = "1234567890123456789"
DATABASE = Path("data/videobot.db")


def tamper(statement: str) -> None:
    """Change the database behind the bot's back."""
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.execute(statement)


@pytest.fixture
def granted(videobot: Videobot, database_file: Path) -> None:
    assert videobot("credits", "grant", GUILD, "250", "--reason", "a start").code == 0


def test_credits_are_granted_before_the_bot_has_met_the_server(videobot: Videobot) -> None:
    outcome = videobot("credits", "grant", GUILD, "250", "--reason", "a start")

    assert outcome.code == 0
    assert outcome.out == f"Granted 250 credits to server {GUILD}. Available: 250, reserved: 0, spent: 0.\n"


@pytest.mark.usefixtures("granted")
def test_credits_are_revoked_as_far_as_they_are_available(videobot: Videobot) -> None:
    assert "Available: 200" in videobot("credits", "revoke", GUILD, "50", "--reason", "too many").out

    refused = videobot("credits", "revoke", GUILD, "201", "--reason", "far too many")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"Error: Guild {GUILD} has 200 credits available; 201 cannot be revoked.\n"
    assert "Available: 200" in videobot("credits", "show", GUILD).out


@pytest.mark.usefixtures("granted")
def test_a_balance_for_scripts_has_exactly_these_fields(videobot: Videobot) -> None:
    outcome = videobot("credits", "show", GUILD, "--json")

    assert json.loads(outcome.out) == {"guild_id": GUILD, "available": 250, "reserved": 0, "spent": 0}
    assert list(json.loads(outcome.out)) == ["guild_id", "available", "reserved", "spent"]
    assert len(outcome.out.splitlines()) == 1


def test_a_server_that_nobody_heard_of_has_nothing(videobot: Videobot) -> None:
    outcome = videobot("credits", "show", GUILD, "--json")

    assert (outcome.code, json.loads(outcome.out)["available"]) == (0, 0)


@pytest.mark.usefixtures("granted")
def test_sound_books_are_proven(videobot: Videobot) -> None:
    outcome = videobot("ledger", "verify")
    assert outcome.code == 0
    assert outcome.out == "The books are sound: 1 entries, every balance and every job agrees.\n"

    as_json = videobot("ledger", "verify", "--json")
    assert json.loads(as_json.out) == {"sound": True, "entries": 1, "written_off": 0, "problems": []}


@pytest.mark.usefixtures("granted")
def test_books_that_were_tampered_with_are_found_out(videobot: Videobot) -> None:
    tamper("UPDATE wallets SET available = available + 5, granted = granted + 5")

    outcome = videobot("ledger", "verify")
    assert outcome.code == 1
    assert "the wallet has 255 available" in outcome.out
    assert "its entries give 250 available" in outcome.out

    as_json = videobot("ledger", "verify", "--json")
    assert as_json.code == 1
    found = json.loads(as_json.out)
    assert (found["sound"], found["entries"], len(found["problems"])) == (False, 1, 1)


@pytest.mark.usefixtures("granted")
def test_a_database_of_a_newer_bot_is_not_touched(videobot: Videobot) -> None:
    tamper("UPDATE alembic_version SET version_num = '9999'")

    outcome = videobot("credits", "grant", GUILD, "1", "--reason", "x")

    assert outcome.code == 1
    assert "Start the newer version again" in outcome.err


def test_a_file_that_is_no_database_is_said(videobot: Videobot) -> None:
    DATABASE.write_bytes(b"This is not a database. " * 100)

    outcome = videobot("credits", "show", GUILD)

    assert outcome.code == 1
    assert outcome.err == (
        "Error: The database cannot be used: data/videobot.db is not an SQLite database; check DATABASE_URL, or put a "
        "backup back (SQLITE_NOTADB).\n"
    )
