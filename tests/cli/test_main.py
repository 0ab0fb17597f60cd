"""The command itself: help for everything, a sentence for every mistake, and never a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bot import __version__
from bot.cli.main import COMMANDS
from bot.cli.main import videobot as the_group
from tests.cli.conftest import SetVariables, Videobot

ROOT = Path(__file__).parents[2]


def every_command() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command with the words that call it."""
    context = click.Context(the_group)
    for name in COMMANDS:
        command = the_group.get_command(context, name)
        assert command is not None
        yield (name,), command
        if isinstance(command, click.Group):
            yield from (((name, inner), command.commands[inner]) for inner in command.commands)


def test_help_lists_every_command(videobot: Videobot) -> None:
    outcome = videobot("--help")

    assert outcome.code == 0
    for name, words in COMMANDS.items():
        assert f"  {name} " in outcome.out
        assert words in outcome.out


@pytest.mark.parametrize(("words", "command"), list(every_command()))
def test_help_of_a_command_mentions_every_option(
    videobot: Videobot, words: tuple[str, ...], command: click.Command
) -> None:
    outcome = videobot(*words, "--help")

    assert outcome.code == 0
    assert f"{' '.join(words)} [OPTIONS]" in outcome.out.splitlines()[0]
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{parameter.name} has no help"
            assert all(option in outcome.out for option in parameter.opts)
        else:
            assert parameter.human_readable_name in outcome.out


def test_the_version_is_said(videobot: Videobot) -> None:
    assert __version__ in videobot("--version").out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("fly",), "No such command 'fly'"),
        (("credits", "fly"), "No such command 'fly'"),
        (("run", "--fast"), "No such option"),
        (("credits", "show"), "Missing argument 'GUILD_ID'"),
        (("credits", "show", "my-server"), "is not a valid whole number"),
        (("credits", "show", "0"), "is not in the range"),
        (("credits", "grant", "100", "10"), "Missing option '--reason'"),
        (("credits", "grant", "100", "0", "--reason", "x"), "is not in the range"),
        (("credits", "grant", "100", "1.5", "--reason", "x"), "is not a valid whole number"),
    ],
)
def test_a_wrong_call_is_answered_with_a_sentence(videobot: Videobot, words: tuple[str, ...], sentence: str) -> None:
    outcome = videobot(*words)

    assert outcome.code == 2
    assert sentence in outcome.err


def test_running_without_settings_names_each_that_is_missing(videobot: Videobot) -> None:
    outcome = videobot("run")

    assert (outcome.code, outcome.out) == (2, "")
    first, *lines = outcome.err.splitlines()
    assert first == "These settings need attention:"
    assert [line.partition(":")[0] for line in lines] == [
        "  DISCORD_TOKEN",
        "  POWERPOST_API_KEY",
        "  POWERPOST_WORKSPACE_ID",
    ]


def test_running_with_wrong_settings_names_each_that_is_wrong(videobot: Videobot, variables: SetVariables) -> None:
    variables(DISCORD_TOKEN="MTIz.very secret", LOG_LEVEL="LOUD")

    outcome = videobot("run")

    assert outcome.code == 2
    assert [line.partition(":")[0] for line in outcome.err.splitlines()[1:]] == ["  DISCORD_TOKEN", "  LOG_LEVEL"]
    assert "secret" not in outcome.err


def test_a_folder_that_cannot_be_written_is_a_sentence(videobot: Videobot, variables: SetVariables) -> None:
    Path("data").write_text("a file where a folder should be")
    variables(DATABASE_URL="sqlite+aiosqlite:///data/videobot.db")

    outcome = videobot("credits", "show", "100")

    assert outcome.code == 1
    assert outcome.err.startswith("Error: ")
    assert len(outcome.err.splitlines()) == 1


def test_the_module_is_the_same_command(folder: Path) -> None:
    """A real process: the exit code and the streams as a shell sees them."""
    process = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert process.returncode == 2
    assert process.stdout == ""
    assert len(process.stderr.splitlines()) == 4
