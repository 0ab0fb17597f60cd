"""Granting, revoking, showing and proving credits."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.domain.guild_names import GuildNames
from bot.domain.identifiers import Credits, GuildId
from storage.database.engine import Database
from storage.guilds import GuildStore
from storage.names import NameStore
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
    assert outcome.err == f"Note: The bot is not in server {GUILD} yet.\n"


async def a_server_called(name: str, guild_id: int) -> None:
    database = Database(f"sqlite+aiosqlite:///{DATABASE}")
    try:
        await GuildStore(database=database, clock=SystemClock()).ensure(GuildId(guild_id), Credits(0))
        await NameStore(database=database).keep(GuildId(guild_id), GuildNames(name, {}))
    finally:
        await database.close()


def test_a_grant_to_a_mistyped_server_names_the_closest_that_the_bot_is_in(videobot: Videobot) -> None:
    asyncio.run(a_server_called("Cats \x1b[31m& Co", 1234567890123456789))
    asyncio.run(a_server_called("Dogs", 99))

    outcome = videobot("credits", "grant", "1234567890123456798", "1250", "--reason", "x")

    assert outcome.code == 0
    assert outcome.out.startswith("Granted 1,250 credits to server 1234567890123456798. Available: 1,250, ")
    assert outcome.err == (
        "Note: The bot is not in server 1234567890123456798 yet. "
        "The closest server that it is in: 1234567890123456789 (Cats \\x1b[31m& Co).\n"
    )
    right = videobot("credits", "grant", "1234567890123456789", "5", "--reason", "x")
    assert "to server 1234567890123456789 (Cats \\x1b[31m& Co). " in right.out
    assert right.err == ""


def test_a_name_in_the_place_of_an_id_is_refused_with_the_closest_server(videobot: Videobot) -> None:
    asyncio.run(a_server_called("Film Club", 1234567890123456789))

    outcome = videobot("credits", "grant", "film club", "5", "--reason", "x")

    assert outcome.code == 2
    assert "is not a valid whole number" in outcome.err
    assert "The closest server is 1234567890123456789 (Film Club)." in outcome.err


@pytest.mark.parametrize(
    "words",
    [
        ("guilds", "list"), ("guilds", "show", "99"), ("credits", "list"), ("credits", "show", "99"),
        ("credits", "list", "99"), ("quotas", "list", "99"), ("quotas", "show", "99"), ("settings", "show", "99"),
        ("settings", "list", "99"), ("quotas", "set", "99", "5", "--per", "day"), ("quotas", "clear", "99"),
        ("settings", "set", "99", "jobs_per_member", "5"), ("credits", "grant", "99", "5", "--reason", "x"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_server_is_named_wherever_an_operator_reads_its_id(videobot: Videobot, words: tuple[str, ...]) -> None:
    asyncio.run(a_server_called("Dogs", 99))

    outcome = videobot(*words)

    assert (outcome.code, outcome.err) == (0, "")
    assert "99 (Dogs)" in outcome.out


@pytest.mark.usefixtures("granted")
def test_credits_are_revoked_as_far_as_they_are_available(videobot: Videobot) -> None:
    assert "Available: 200" in videobot("credits", "revoke", GUILD, "50", "--reason", "too many").out

    refused = videobot("credits", "revoke", GUILD, "201", "--reason", "far too many")

    assert (refused.code, refused.out) == (1, "")
    assert refused.err == f"Error: Server {GUILD} has 200 credits available; 201 cannot be revoked.\n"
    asyncio.run(a_server_called("Film Club", int(GUILD)))
    refused = videobot("credits", "revoke", GUILD, "201", "--reason", "far too many")
    assert refused.err == f"Error: Server {GUILD} (Film Club) has 200 credits available; 201 cannot be revoked.\n"
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
    assert outcome.out == "The ledger adds up: 1 entries match every balance and every job.\n"

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
