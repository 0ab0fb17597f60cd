"""Every command called with something missing, wrong or hostile, and what it answers.

`python -m tests.cli.hostile` prints the table, in Markdown.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import click

from bot.cli.main import COMMANDS, main
from bot.cli.main import videobot as the_group
from bot.settings import Settings

SECRET: Final = "hunter2hunter2"
ESCAPES: Final = "\x1b[2J\x1b]0;owned\x07\rspoofed\nline\u202e\u2028"

VALUES: Final = {
    "empty": "",
    "blank": " \t ",
    "negative": "-5",
    "huge": "9" * 40,
    "not a number": "NaN",
    "fraction": "1.5",
    "control characters": ESCAPES,
    "SQL": "1'; DROP TABLE jobs; --",
    "100 kB": "ä" * 50_000,
    "not UTF-8": "\udcff\udcfe",
    "path": "../../../../../proc/nowhere/x",
    "format": "%s {0} {subject!r} ${HOME}",
}

FITTING: Final[dict[str, str]] = {
    "guild_id": "100",
    "amount": "5",
    "reason": "a reason",
    "job_id": "0123456789abcdef",
    "name": "jobs_per_member",
    "value": "5",
    "model": "kling-3.0-pro",
    "duration": "5",
    "per": "day",
    "path": "copy.db",
    "charged": "5",
    "generation": "123e4567-e89b-12d3-a456-426614174000",
    "member": "7",
    "role": "7",
    "states": "queued",
    "limit": "5",
    "file_format": "csv",
    "target": "out.csv",
    "client_id": "7",
    "wait": "1",
}
"""A valid value for each parameter, by name."""

COMPLETING: Final[dict[tuple[str, ...], list[str]]] = {
    ("jobs", "resolve"): ["--not-charged"],
    ("keys", "discard"): ["--yes"],
}
"""What else a call needs."""

STARTS_SOMETHING: Final = frozenset({("demo", "prompt"), ("demo", "output")})
"""Any text is accepted there and starts the demo: these are tried in separate processes."""

READY: Final = {
    "DISCORD_TOKEN": f"MTIz.{SECRET}",
    "DISCORD_API_BASE": "http://127.0.0.1:1/api/v10",
    "POWERPOST_API_KEY": f"pp_live_sk_{SECRET}",
    "POWERPOST_WORKSPACE_ID": "123e4567-e89b-12d3-a456-426614174000",
    "POWERPOST_BASE_URL": "http://127.0.0.1:1/api/v1",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call leaves on the screen, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def first_line(self) -> str:
        """The sentence itself, without the usage lines before it."""
        lines = [line for line in (self.err or self.out).splitlines() if line.strip()]
        return next((line for line in lines if line.startswith("Error:")), lines[0] if lines else "")


def leaves() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that is not a group, with the words that call it."""
    context = click.Context(the_group)
    for name in COMMANDS:
        command = the_group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from (((name, inner), command.commands[inner]) for inner in command.commands)
        else:
            yield (name,), command


def call_with(words: tuple[str, ...], command: click.Command, hostile: Mapping[str, str]) -> list[str]:
    """The call with the given values, and valid ones for whatever else is required."""
    options, arguments = list[str](), list[str]()
    for parameter in command.params:
        name = str(parameter.name)
        if name not in hostile and not parameter.required:
            continue
        value = hostile.get(name, FITTING.get(name, "x"))
        if isinstance(parameter, click.Option):
            options += [f"{parameter.opts[0]}={value}"]
        else:
            arguments.append(value)
    flags = [] if {"generation", "charged"} & hostile.keys() else COMPLETING.get(words, [])
    return [*words, *options, *flags, "--", *arguments]


def values_taken(words: tuple[str, ...], command: click.Command) -> Iterator[str]:
    """The parameters that take a value, by name."""
    for parameter in command.params:
        is_flag = isinstance(parameter, click.Option) and parameter.is_flag
        if not is_flag and (words[0], parameter.name) not in STARTS_SOMETHING:
            yield str(parameter.name)


def called(*arguments: str) -> Outcome:
    """The command as from a shell, in this process."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    before = sys.argv, sys.stdout, sys.stderr, sys.stdin
    sys.argv, sys.stdout, sys.stderr, sys.stdin = ["videobot", *arguments], out, err, io.StringIO()
    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.argv, sys.stdout, sys.stderr, sys.stdin = before
    assert isinstance(code, int)
    return Outcome(code, _written(out), _written(err))


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode()


def spoil_databases(good: Path) -> Iterator[tuple[str, str]]:
    """Each way a database can be broken, with the `DATABASE_URL` of one, created beside a good one."""
    whole = good.read_bytes()
    for name, content in {
        "garbage": b"garbage " * 500,
        "cut off": whole[: len(whole) // 2],
        "scrambled": whole[:4096] + bytes(len(whole) - 4096),
    }.items():
        file = good.with_name(f"{name.replace(' ', '_')}.db")
        file.write_bytes(content)
        yield name, f"sqlite+aiosqlite:///{file}"
    foreign = good.with_name("foreign.db")
    foreign.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(foreign)) as connection, connection:
        connection.execute("CREATE TABLE songs (name)")
    yield "somebody else's", f"sqlite+aiosqlite:///{foreign}"
    newer = good.with_name("newer.db")
    newer.write_bytes(whole)
    with contextlib.closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    yield "of a newer bot", f"sqlite+aiosqlite:///{newer}"
    good.with_name("empty.db").touch()
    yield "empty", f"sqlite+aiosqlite:///{good.with_name('empty.db')}"
    yield "absent", f"sqlite+aiosqlite:///{good.with_name('absent.db')}"
    yield "a folder", f"sqlite+aiosqlite:///{good.parent}"
    yield "below a file", f"sqlite+aiosqlite:///{good}/videobot.db"
    yield "in a folder that cannot be", "sqlite+aiosqlite:////proc/nowhere/videobot.db"
    yield "a dead server", f"postgresql+asyncpg://bot:{SECRET}@127.0.0.1:1/videobot"


def table(good: Path) -> Iterator[tuple[str, str, str, Outcome]]:
    """For each command: name, call, what is wrong with it, and outcome."""
    broken = dict(spoil_databases(good))
    os.environ["DATABASE_URL"] = f"sqlite+aiosqlite:///{good}"
    for words, command in leaves():
        name = " ".join(words)
        if words != ("demo",):  # it needs no arguments and would start
            yield name, _line(words), "no arguments", called(*words)
        for kind in ("not a number", "negative", "control characters", "100 kB"):
            for parameter in values_taken(words, command):
                call = call_with(words, command, {parameter: VALUES[kind]})
                yield name, _line(call), f"{parameter}: {kind}", called(*call)
        fitting = call_with(words, command, {})
        if words == ("demo",):
            continue
        for variable, value in (("LOG_LEVEL", "LOUD"), ("DATABASE_URL", f"mysql://bot:{SECRET}@db/x")):
            with changed({variable: value}):
                yield name, _line(fitting), f"{variable} is wrong", called(*fitting)
        with changed(READY):
            for trouble in ("garbage", "absent", "in a folder that cannot be", "a dead server"):
                if words == ("run",) and trouble == "absent":
                    continue  # a start makes a database there, and serves
                with changed({"DATABASE_URL": broken[trouble]}):
                    yield name, _line(fitting), f"database: {trouble}", called(*fitting)


@contextlib.contextmanager
def changed(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _line(words: list[str] | tuple[str, ...]) -> str:
    return " ".join(_short(word) for word in words)


def _short(word: str) -> str:
    text = ascii(word) if not word.isprintable() or not word or not word.isascii() else word
    return text if len(text) <= 60 else f"{text[:20]}…{text[-5:]}"


def print_table() -> None:
    from storage.database.migrate import upgrade  # noqa: PLC0415  only the table needs its own database

    for name in Settings.model_fields:
        os.environ.pop(name.upper(), None)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("data").mkdir()
        asyncio.run(upgrade("sqlite+aiosqlite:///data/videobot.db"))
        rows = list(table(Path(folder) / "data" / "videobot.db"))
    click.echo("| command | call | what is wrong | exit code | first line |\n| --- | --- | --- | --- | --- |")
    for name, call, trouble, outcome in rows:
        cells = (name, f"`{call}`", trouble, str(outcome.code), outcome.first_line[:220])
        click.echo("| " + " | ".join(cell.replace("|", "\\|").replace(folder, "…") for cell in cells) + " |")


if __name__ == "__main__":
    print_table()
