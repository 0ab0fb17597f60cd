"""Whatever is wrong with a call, its settings, files or database ends in a sentence and an exit code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import click
import pytest

from bot.settings import Settings
from tests.cli.conftest import SetVariables
from tests.cli.hostile import (
    COMPLETING,
    READY,
    SECRET,
    VALUES,
    Outcome,
    call_with,
    called,
    leaves,
    spoil_databases,
    values_taken,
)

ROOT = Path(__file__).parents[2]
LEAVES = list(leaves())
ACTING = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

every_command = pytest.mark.parametrize(("words", "command"), LEAVES, ids=[" ".join(words) for words, _ in LEAVES])


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.powerpost.client.FIRST_BACKOFF", timedelta(0))


def check(outcome: Outcome, call: object) -> None:
    """The output has no control characters, no secrets, and nothing that only programmers understand."""
    said = outcome.out + outcome.err
    assert outcome.code in {0, 1, 2}, call
    assert "Traceback" not in said, call
    assert "sqlalche.me" not in said, call
    assert SECRET not in said, call
    assert ACTING.search(said) is None, (call, said[:500])
    assert len(outcome.err) < 3000, call
    if outcome.code == 2 or (outcome.code == 1 and not outcome.out):
        assert outcome.err, call
        sentence = outcome.first_line
        assert sentence[0].isupper(), (call, sentence)
        assert len(outcome.err.splitlines()) <= 8, (call, outcome.err)
        assert not re.search(r"\b[A-Z]\w+(Error|Exception)\b", sentence.removeprefix("Error: ")), (call, sentence)


@pytest.mark.usefixtures("database_file")
@every_command
def test_what_is_missing_is_named(words: tuple[str, ...], command: click.Command) -> None:
    required = [parameter for parameter in command.params if parameter.required]
    if not required:
        return
    outcome = called(*words)

    check(outcome, words)
    assert outcome.code == 2
    assert "Missing" in outcome.first_line


@pytest.mark.usefixtures("database_file")
@every_command
def test_what_is_wrong_or_hostile_is_refused_or_taken_as_it_is(
    words: tuple[str, ...], command: click.Command, variables: SetVariables
) -> None:
    variables(**READY)
    for parameter in values_taken(words, command):
        if (words, parameter) == (("run",), "wait"):
            variables(DATABASE_URL="sqlite+aiosqlite:////proc/nowhere/x.db")
        for kind, value in VALUES.items():
            call = call_with(words, command, {parameter: value})
            check(called(*call), (words, parameter, kind))


@every_command
def test_one_thing_too_many_is_refused(words: tuple[str, ...], command: click.Command) -> None:
    for extra in (["surplus", "\x1b[31mred", "more", "and more"], ["--no-such-option"], ["-Z"]):
        outcome = called(*words, *COMPLETING.get(words, []), *extra)
        check(outcome, (words, extra))
        assert outcome.code == 2


@pytest.mark.usefixtures("database_file")
@pytest.mark.parametrize("amount", ["-5", "-250", "-0", "-1.5"])
@pytest.mark.parametrize(
    "words",
    [
        ("credits", "grant", "100", "{}", "--reason", "x"),
        ("credits", "revoke", "100", "{}", "--reason", "x"),
        ("credits", "show", "{}"),
        ("quotas", "set", "100", "{}", "--per", "day"),
        ("prices", "set", "kling-3.0-pro", "5", "{}"),
    ],
    ids=" ".join,
)
def test_a_negative_number_is_a_sentence(words: tuple[str, ...], amount: str) -> None:
    outcome = called(*(word.format(amount) for word in words))

    check(outcome, words)
    assert outcome.code == 2
    assert f"{amount} is negative" in outcome.err
    assert "No such option" not in outcome.err


@pytest.mark.usefixtures("database_file")
@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_refused_by_its_name_or_taken(name: str, variables: SetVariables) -> None:
    variable = name.upper()
    for kind, value in {**VALUES, "with a secret": f"{SECRET} {VALUES['SQL']}", "a secret alone": SECRET}.items():
        is_secret = kind.endswith(("secret", "alone"))
        if is_secret and name not in {"discord_token", "powerpost_api_key", "encryption_keys", "database_url"}:
            continue
        variables(**{variable: value})
        outcome = called("credits", "show", "100")
        check(outcome, (variable, kind))
        if outcome.code == 2:
            assert variable in outcome.err, (variable, kind)


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00garbage\x00", b"DISCORD_TOKEN", b"=\n==\n'\n\"", b"A" * 1_000_000, b"STARTING_CREDITS=\x1b[2Jx\n"],
    ids=["binary", "no value", "signs", "1 MB", "control characters"],
)
def test_a_spoilt_env_file_is_a_sentence_or_nothing(content: bytes, database_file: Path, folder: Path) -> None:
    (folder / ".env").write_bytes(content)

    check(called("credits", "show", "100"), content[:20])


def test_a_folder_in_the_place_of_an_env_file(database_file: Path, folder: Path) -> None:
    (folder / ".env").mkdir()

    check(called("credits", "show", "100"), "a folder")


def test_a_database_whose_name_is_not_utf_8(variables: SetVariables) -> None:
    variables(DATABASE_URL="sqlite+aiosqlite:///data/\udcff.db")

    outcome = called("credits", "show", "100")

    check(outcome, "not UTF-8")
    assert outcome.code == 2
    assert "DATABASE_URL: should be text in UTF-8" in outcome.err


@every_command
def test_a_broken_database_is_a_sentence(
    words: tuple[str, ...], command: click.Command, database_file: Path, variables: SetVariables
) -> None:
    """`doctor` reports it as a finding; `invite`, `health`, `demo` and `keys generate` need no database."""
    variables(**READY)
    if words == ("demo",):
        return
    for trouble, url in spoil_databases(database_file):
        if words == ("run",) and trouble in {"empty", "absent", "somebody else's"}:
            continue  # a start creates a database there
        variables(DATABASE_URL=url)
        outcome = called(*call_with(words, command, {}))
        check(outcome, (words, trouble))
        if words[0] not in {"doctor", "invite", "health", "keys"} and words != ("run",):
            assert outcome.code == 1, (words, trouble, outcome)


@pytest.mark.usefixtures("database_file")
@pytest.mark.parametrize("target", ["data", "/proc/nowhere/x", "data/videobot.db", "data/videobot.db/x", ""])
@pytest.mark.parametrize("words", [("backup",), ("ledger", "export", "--output")], ids=" ".join)
def test_a_file_that_cannot_be_written_is_a_sentence(words: tuple[str, ...], target: str, folder: Path) -> None:
    before = (folder / "data/videobot.db").read_bytes()
    if words[0] == "ledger" and target == "data/videobot.db":
        return  # whoever names a file to write gets it written
    outcome = called(*words, target)

    check(outcome, (words, target))
    assert outcome.code in {1, 2}
    assert (folder / "data/videobot.db").read_bytes() == before


@pytest.mark.parametrize(
    "call",
    [
        ("credits", "grant", "100", "-5", "--reason", "x"),
        ("credits", "show", b"\xff\xfe"),
        ("jobs", "show", b"\x1b[2J\xff"),
        ("demo", "--prompt", "", "--duration", "999"),
        ("demo", "--output", "/proc/nowhere", "--prompt", "a cat"),
        ("run", "--wait", "-1"),
    ],
    ids=str,
)
def test_real_processes_say_the_same(call: tuple[str | bytes, ...], database_file: Path, folder: Path) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "bot", *call],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), **READY},
        capture_output=True,
        timeout=120,
        check=False,
    )

    outcome = Outcome(process.returncode, process.stdout.decode(), process.stderr.decode())
    check(outcome, call)
    assert outcome.code in {1, 2}


@pytest.mark.usefixtures("database_file")
def test_a_pipe_is_written_to_and_not_replaced(folder: Path) -> None:
    pipe = folder / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        reading = pool.submit(pipe.read_text)
        outcome = called("ledger", "export", "--output", str(pipe))
        assert reading.result(timeout=30).startswith("id,at,guild_id")

    assert outcome.code == 0
    assert pipe.is_fifo()


def test_a_question_that_nobody_answers_changes_nothing(database_file: Path) -> None:
    outcome = called("keys", "discard")

    check(outcome, "keys discard")
    assert outcome.code == 1
    assert "Nothing was changed." in outcome.err
