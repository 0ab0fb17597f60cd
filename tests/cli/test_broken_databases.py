"""A garbage file, a dead server and a read-only folder: three sentences, each with what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import SetVariables, Videobot

COMMANDS = [("credits", "show", "5"), ("jobs", "list"), ("ledger", "verify"), ("run",)]
READY = {
    "DISCORD_TOKEN": "MTIz.a.b",
    "POWERPOST_API_KEY": "pp_live_sk_secret",
    "POWERPOST_WORKSPACE_ID": "123e4567-e89b-12d3-a456-426614174000",
}


@pytest.fixture(autouse=True)
def settings(variables: SetVariables) -> None:
    variables(**READY)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_garbage_file_is_not_a_database(
    videobot: Videobot, variables: SetVariables, words: tuple[str, ...], folder: Path
) -> None:
    (folder / "garbage.db").write_bytes(b"garbage " * 512)
    variables(DATABASE_URL="sqlite+aiosqlite:///garbage.db")

    outcome = videobot(*words)

    assert outcome.code == 1
    assert "is not an SQLite database; check DATABASE_URL, or put a backup back" in outcome.err
    assert (folder / "garbage.db").read_bytes() == b"garbage " * 512


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ("127.0.0.1:1", "no PostgreSQL answers at 127.0.0.1:1; start it, or check DATABASE_URL and the network"),
        ("localhost:1", "no PostgreSQL answers at localhost:1; start it, or check DATABASE_URL and the network"),
        ("no.such.invalid", "the name no.such.invalid is not known here; check DATABASE_URL and the network"),
    ],
)
def test_a_server_that_does_not_answer(
    videobot: Videobot, variables: SetVariables, words: tuple[str, ...], server: str, sentence: str
) -> None:
    variables(DATABASE_URL=f"postgresql+asyncpg://bot:pass-word@{server}/videobot")

    outcome = videobot(*words)

    assert outcome.code == 1
    assert sentence in outcome.err
    assert "pass-word" not in outcome.out + outcome.err
    assert "Error" not in outcome.err.removeprefix("Error: ")


@pytest.mark.parametrize("place", ["/proc/nowhere/videobot.db", "a_file/videobot.db"])
def test_a_first_start_where_nothing_can_be_written(
    videobot: Videobot, variables: SetVariables, folder: Path, place: str
) -> None:
    (folder / "a_file").write_text("a file where a folder should be")
    variables(DATABASE_URL=f"sqlite+aiosqlite:///{place}")

    outcome = videobot("run")

    assert outcome.code == 1
    assert "The database cannot be created at" in outcome.err
    assert "Let the bot's user write it, or check DATABASE_URL." in outcome.err
    assert len(outcome.err.splitlines()) == 1
