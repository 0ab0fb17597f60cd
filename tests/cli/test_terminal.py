"""Terminals that support few characters: every command prints as well as they can."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.domain.actor import OPERATOR
from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, UserId
from bot.domain.request import VideoRequest, make_spec
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore

ROOT = Path(__file__).parents[2]
PROMPT = "Ein Käfer 🐞 – „schnell“"


@pytest.fixture
def job(database_file: Path) -> str:
    return asyncio.run(_accepted(f"sqlite+aiosqlite:///{database_file}"))


async def _accepted(url: str) -> str:
    database = Database(url)
    await LedgerStore(database=database, clock=SystemClock()).grant(
        GuildId(1), Credits(100), actor=OPERATOR, reason=PROMPT
    )
    request = VideoRequest(GuildId(1), ChannelId(2), UserId(3), InteractionId(4), make_spec(prompt=PROMPT))
    job = await JobStore(database=database, clock=SystemClock()).accept(request, Credits(15))
    await database.close()
    return job.id


def called(encoding: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A real process whose streams have that encoding."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": encoding},
        capture_output=True,
        encoding="utf-8" if encoding == "ascii" else encoding,  # click mistakes ASCII for an unset locale
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-8"])
def test_a_job_is_shown_on_every_terminal(job: str, encoding: str) -> None:
    shown = called(encoding, "jobs", "show", job)

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "schnell" in shown.stdout
    assert ("🐞" if encoding in ("ascii", "utf-8") else "\\ud83d\\udc1e") in shown.stdout


def test_what_scripts_read_stays_whole(job: str) -> None:
    shown = called("latin-1", "jobs", "show", job, "--json")

    assert shown.returncode == 0
    assert json.loads(shown.stdout)["prompt"] == PROMPT


def test_an_error_is_said_on_every_terminal(database_file: Path) -> None:
    refused = called("latin-1", "jobs", "show", "🐞")

    assert refused.returncode == 1
    assert refused.stderr == "Error: There is no job \\ud83d\\udc1e.\n"
