"""Fixtures: `videobot` called as from a shell, in an empty folder and without any settings."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.main import main
from bot.settings import Settings
from storage.database.address import database_address, sqlite_path
from tests.databases import SqliteFiles


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left on the screen, and its exit code."""

    code: int
    out: str
    err: str


Videobot = Callable[..., Outcome]
SetVariables = Callable[..., None]


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The working folder of every command: no .env file, no database, no variables."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("DISCORD_OPENAPI", raising=False)  # of tests/e2e; it looks like a mistyped setting
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> SetVariables:
    def set_variables(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return set_variables


@pytest.fixture(autouse=True)
def logging_of_before() -> Iterator[None]:
    """`run` sets up logging to a stream that is gone when the next test logs."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def videobot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Videobot:
    def call(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["videobot", *arguments])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        assert isinstance(code, int)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return call


@pytest.fixture
def database_file(folder: Path, sqlite_files: SqliteFiles) -> Path:
    """The database that a first start would create: only `run` and `demo` create one."""
    made = sqlite_path(database_address(asyncio.run(sqlite_files.migrated())))
    (folder / "data").mkdir()
    return Path(shutil.copy(made, folder / "data" / "videobot.db"))
