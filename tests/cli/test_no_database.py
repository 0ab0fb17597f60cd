"""With no database, or one of another version, commands say so and change nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.database import migrate
from storage.database.migrate import newest_version
from tests.cli.conftest import SetVariables, Videobot

COMMANDS = [
    ("prices", "list"),
    ("credits", "show", "100"),
    ("credits", "grant", "100", "50", "--reason", "x"),
    ("credits", "revoke", "100", "50", "--reason", "x"),
    ("ledger", "verify"),
    ("ledger", "export"),
    ("guilds", "list"),
    ("spending", "status"),
    ("spending", "stop", "--reason", "x"),
    ("jobs", "list"),
    ("jobs", "show", "1"),
    ("jobs", "resolve", "1", "--not-charged"),
    ("jobs", "cancel", "1"),
    ("quotas", "list", "100"),
    ("settings", "show", "100"),
    ("keys", "rotate"),
    ("keys", "discard", "--yes"),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_command_makes_no_database_and_names_where_there_is_none(
    videobot: Videobot, variables: SetVariables, folder: Path, words: tuple[str, ...]
) -> None:
    variables(DATABASE_URL="sqlite+aiosqlite:///dta/videobot.db")

    outcome = videobot(*words)

    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("Error: There is no database at dta/videobot.db. Check DATABASE_URL")
    assert len(outcome.err.splitlines()) == 1
    assert list(folder.iterdir()) == []


def test_a_backup_of_nothing_names_the_path(videobot: Videobot, folder: Path) -> None:
    outcome = videobot("backup", "copy.db")

    assert outcome.code == 1
    assert "There is no database at data/videobot.db" in outcome.err
    assert list(folder.iterdir()) == []


def test_a_command_leaves_a_database_of_an_older_version_to_a_start(
    videobot: Videobot, database_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = database_file.read_bytes()
    version = newest_version()
    monkeypatch.setattr(migrate, "newest_version", lambda: "9999")

    outcome = videobot("credits", "grant", "100", "50", "--reason", "x")

    assert outcome.code == 1
    assert outcome.err == (
        f"Error: The database has schema version {version}, and this version of the bot works with 9999. "
        "Start the bot first: `videobot run` keeps a copy and upgrades the database.\n"
    )
    assert database_file.read_bytes() == before
    assert [path.name for path in database_file.parent.iterdir()] == [database_file.name]
