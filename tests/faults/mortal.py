"""The whole product with a bot whose process starts quickly and is meant to be killed.

The process is a real one: it runs `videobot run` with settings from its environment, and dies by SIGKILL. It is forked
from a server that has the product's modules in memory already, so that a start takes a third of the usual time.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from sandbox.discord import DiscordSandbox, MovableClock
from sandbox.powerpost import PowerPostSandbox, TinyClips
from storage.database.engine import Database
from tests.databases import Databases
from tests.e2e.product import PROJECT, Product
from tests.faults.failpoints import Failpoint

FORKED = get_context("forkserver")
MANY_REQUESTS = 100_000
MANY_CREDITS = 10**6


class Forked:
    """A forked process that looks like `asyncio.subprocess.Process`, as far as `Product` needs it."""

    def __init__(self, process: ForkServerProcess) -> None:
        self._process = process
        self._ended = asyncio.Event()
        asyncio.get_running_loop().add_reader(process.sentinel, self._note_end)

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        return self._process.exitcode

    def send_signal(self, signal: int) -> None:
        os.kill(self.pid, signal)

    async def wait(self) -> int:
        """The exit code, once it has ended."""
        await self._ended.wait()
        assert self._process.exitcode is not None
        return self._process.exitcode

    def _note_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._ended.set()


@dataclass(frozen=True, slots=True)
class Life:
    """How a process lives: where it dies, and whether its waits are shortened.

    `hurried` shortens only the waits in which the product is patient with others: see `_hurry`.
    """

    fatal: Failpoint | None = None
    hurried: bool = True


class MortalProduct(Product):
    """`life` is that of the next process to be launched; `crossings` is where processes note their crossings.

    `books` is the process's database, open for the test too.
    """

    life = Life()
    books: Database

    @property
    def crossings(self) -> Path:
        return self.folder / "crossings"

    async def launch(self) -> None:
        arguments = (self.environment(), self.folder, self.log_file, self.crossings, self.life)
        process = FORKED.Process(target=run_bot_until_killed, args=arguments, daemon=True)
        _start(process)  # not in a thread: multiprocessing would read exit codes from several
        self._process = Forked(process)

    async def death(self) -> None:
        """Return once the process has been killed; it must not exit by itself."""
        assert self._process is not None
        assert await self._process.wait() == -signal.SIGKILL, self.log

    async def forget_dead(self) -> None:
        """Let Discord notice that the process has died."""
        await self.exit_code()
        await self.discord.wait_until_gone()

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Database]:
        """Always open, because it is read again and again."""
        yield self.books


def run_bot_until_killed(environment: Mapping[str, str], folder: Path, log: Path, crossings: Path, life: Life) -> None:
    """What the forked process does."""
    from bot.cli.main import main  # noqa: PLC0415  the server has it in memory
    from tests.faults.failpoints import install  # noqa: PLC0415  like the rest of the process's own work

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.argv = ["videobot", "run"]
    install(crossings, life.fatal)
    if life.hurried:
        _hurry()
    main()


def _hurry() -> None:
    """Shorten the waits for an answer on its way, between two looks, and for PowerPost's silence."""
    from bot.powerpost import client  # noqa: PLC0415  as above
    from bot.services.jobs import schedule  # noqa: PLC0415  as above
    from bot.services.messages import present  # noqa: PLC0415  as above

    present.ANSWER_SETTLES_WITHIN = timedelta(seconds=1)
    schedule.SHORTEST_INTERVAL = timedelta(milliseconds=100)
    client.SENDING_TIMEOUT = client.READING_TIMEOUT = timedelta(seconds=1)


def _start(process: ForkServerProcess) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(PROJECT))
        FORKED.set_forkserver_preload(["__main__", "bot.cli.main", "bot.app", "bot.cli.run", "tests.faults.mortal"])
        forkserver.ensure_running()
    process.start()


@asynccontextmanager
async def open_mortal_product(folder: Path, databases: Databases) -> AsyncIterator[MortalProduct]:
    """Both sandboxes, running, rich and patient, and a bot that has not been started yet.

    Unlike `open_product` it checks nothing at the end: `reckoning.differences` does.
    """
    async with AsyncExitStack() as resources:
        url = await databases.migrated()
        resources.push_async_callback(databases.give_back, url)
        database = Database(url)
        resources.push_async_callback(database.close)
        clock = MovableClock()
        discord = await resources.enter_async_context(DiscordSandbox(clock=clock))
        powerpost = await resources.enter_async_context(
            PowerPostSandbox(render=TinyClips(), generation_time=timedelta(seconds=0.1))
        )
        product = MortalProduct(folder=folder, clock=clock, discord=discord, powerpost=powerpost, database_url=url)
        product.books = database
        product.account.rate_limit = MANY_REQUESTS
        powerpost.ledger.grant(product.account, MANY_CREDITS)
        product.settings["STARTING_CREDITS"] = str(MANY_CREDITS)
        product.may_log_tracebacks = True
        resources.push_async_callback(product.abandon)
        yield product
