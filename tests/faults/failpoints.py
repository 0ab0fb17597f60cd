"""Where a process may die: before and after everything that others can see, which is every commit and every request.

Only two places in the product do such things: `Database.writer` commits, and aiohttp's session sends (discord.py uses
it too); test_seams.py makes sure that there are no others. `install` wraps both inside the bot's own process, writes
every crossing to a file, and kills the process at the one that a test has chosen. So failpoints are not listed
anywhere: a first run finds them, and so finds a new commit or request too.
"""

from __future__ import annotations

import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import Any

import aiohttp
from yarl import URL

from storage.database.engine import Database
from storage.database.transactions import Transaction

PACKAGES = ("bot", "cogs", "storage")
_PASSED_THROUGH = (
    "storage.database.engine",
    "storage.database.transactions",
    "bot.web.fetch",
    "bot.powerpost.transport",
)
_ID = re.compile(r"/(?:\d{6,}|[0-9a-f-]{16,}|vid-[\w-]+?)(?=[./]|$)")
_INTERACTION = re.compile(r"(/interactions/\{id\}/|/webhooks/\{id\}/)[^/]+")


class Moment(StrEnum):
    """BEFORE: the commit or request has not begun. AFTER: it is done, but the process does not know it yet."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Failpoint:
    """The `number`th time that a process crosses the seam `name`."""

    name: str
    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.name} ({self.number})"


class Seams:
    """Counts and records crossings, and dies at the chosen one."""

    def __init__(self, record: Path, fatal: Failpoint | None) -> None:
        self._record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._fatal = fatal
        self._crossed = Counter[str]()

    def enter(self, name: str) -> int:
        """Record a crossing that begins; returns its number."""
        self._crossed[name] += 1
        os.write(self._record, f"{name}\n".encode())
        self._die_at(name, self._crossed[name], Moment.BEFORE)
        return self._crossed[name]

    def leave(self, name: str, number: int) -> None:
        self._die_at(name, number, Moment.AFTER)

    def _die_at(self, name: str, number: int, moment: Moment) -> None:
        if self._fatal == Failpoint(name, number, moment):
            os.kill(os.getpid(), signal.SIGKILL)


def install(record: Path, fatal: Failpoint | None) -> None:
    """Wrap the seams of this process, for its whole life."""
    seams = Seams(record, fatal)
    Database.writer = _watched_writer(seams)  # type: ignore[method-assign, assignment]  # the point
    aiohttp.ClientSession._request = _watched_request(seams)  # type: ignore[method-assign]  # the point


def crossings(record: Path) -> list[str]:
    """The crossings that processes have recorded, in order."""
    return record.read_text().splitlines() if record.exists() else []


def failpoints(names: Iterable[str]) -> list[Failpoint]:
    """Before and after each crossing of one process's life."""
    seen = Counter[str]()
    found = []
    for name in names:
        seen[name] += 1
        found += [Failpoint(name, seen[name], moment) for moment in Moment]
    return found


def _watched_writer(seams: Seams) -> Callable[[Database], Any]:
    original = Database.writer

    @asynccontextmanager
    async def writer(database: Database) -> AsyncIterator[Transaction]:
        name = f"commit {_caller()}"
        async with original(database) as transaction:
            yield transaction
            number = seams.enter(name)
        seams.leave(name, number)

    return writer


def _watched_request(seams: Seams) -> Callable[..., Any]:
    original = aiohttp.ClientSession._request

    async def request(session: aiohttp.ClientSession, method: str, address: str | URL, **options: Any) -> Any:
        name = f"{method} {_pattern(URL(address))}"
        number = seams.enter(name)
        try:
            return await original(session, method, address, **options)
        finally:
            seams.leave(name, number)

    return request


def _pattern(address: URL) -> str:
    """The path without what differs between runs: ids and tokens."""
    return _INTERACTION.sub(r"\1{token}", _ID.sub("/{id}", address.path))


def _caller() -> str:
    """Which store commits, and for whom: `JobStore.move for Submitter._store`."""
    frame: FrameType | None = sys._getframe(1)
    names: list[str] = []
    while frame is not None and len(names) < 2:
        module = frame.f_globals.get("__name__", "")
        if module.split(".")[0] in PACKAGES and module not in _PASSED_THROUGH:
            names.append(frame.f_code.co_qualname)
        frame = frame.f_back
    return " for ".join(names)
