"""The whole product for a test: a local Discord, a local PowerPost, and the real bot as a process of its own.

Leaving a `Product` is part of every test: the bot must stop in good order, its books and PowerPost's must agree, every
request that it made must fit Discord's official description, and its log may hold neither tracebacks nor secrets.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from bot.clock import SystemClock
from bot.domain.identifiers import GuildId
from bot.domain.job import Job, JobState
from bot.domain.ledger import Balance, LedgerEntry
from sandbox.discord import Answer, DiscordSandbox, Message, MovableClock, Upload
from sandbox.powerpost import PowerPostSandbox, Renderer, TinyClips
from storage.database.engine import Database
from storage.database.migrate import upgrade
from storage.guilds import GuildStore
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from tests.e2e.openapi import check_requests

Result = TypeVar("Result")
OptionValue = str | int | bool | Upload

PROJECT = Path(__file__).parents[2]
STARTING_CREDITS = 1000
READY_WITHIN = 60.0
GONE_WITHIN = 60.0
VIDEO_WITHIN = 60.0
ANSWERED_WITHIN = 3.0
"""What Discord allows, by its own clock: from a member's act to the first answer."""


class BotProcess(Protocol):
    """What is used of `asyncio.subprocess.Process`."""

    @property
    def pid(self) -> int: ...

    @property
    def returncode(self) -> int | None: ...

    def send_signal(self, signal: int) -> None: ...

    async def wait(self) -> int: ...


class Product:
    """Everything that runs, and what tests do with it.

    `settings` are variables for the bot's process; `clock` is Discord's alone, since the bot's process has its own.
    """

    def __init__(
        self,
        *,
        folder: Path,
        clock: MovableClock,
        discord: DiscordSandbox,
        powerpost: PowerPostSandbox,
        database_url: str | None = None,
    ) -> None:
        self.folder = folder
        self.clock = clock
        self.discord = discord
        self.powerpost = powerpost
        self.account = powerpost.add_account(credits=10_000, rate_limit=1000)
        self.guild = discord.add_guild("Film club")
        self.channel = self.guild.add_channel("videos")
        self.mia = self.guild.add_member("Mia")
        self.log_file = folder / "bot.log"
        self.settings = {
            "DISCORD_TOKEN": discord.token,
            "DISCORD_API_BASE": discord.api_base,
            "POWERPOST_API_KEY": self.account.api_key,
            "POWERPOST_WORKSPACE_ID": str(self.account.workspace_id),
            "POWERPOST_BASE_URL": powerpost.base_url,
            "DATABASE_URL": database_url or f"sqlite+aiosqlite:///{folder}/videobot.db",
            "DATA_DIR": str(folder / "data"),
            "STARTING_CREDITS": str(STARTING_CREDITS),
        }
        self.may_log_tracebacks = False
        self._process: BotProcess | None = None

    @property
    def log(self) -> str:
        """Everything that the bot's processes have written so far."""
        return self.log_file.read_text() if self.log_file.exists() else ""

    @property
    def memory(self) -> int:
        """The most bytes of memory that the bot's process has had so far."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    @property
    def orders(self) -> int:
        """How many times a video was ordered from PowerPost, answered or not."""
        return sum(request.route == "POST /videos/generate" for request in self.powerpost.requests)

    async def start_bot(self) -> None:
        """`python -m bot run`, ready to be used."""
        await self.launch()
        await self.discord.wait_until_ready(timeout=READY_WITHIN)
        await self._met()

    async def launch(self) -> None:
        """`python -m bot run`, not waited for."""
        self._process = await self.second_bot()

    async def second_bot(self, *options: str) -> BotProcess:
        """`python -m bot run` beside the bot that is there, or before it, not waited for."""
        with self.log_file.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "bot",
                "run",
                *options,
                env=self.environment(),
                cwd=self.folder,
                stderr=log,
                stdout=log,
            )

    async def replace_bot(self, successor: BotProcess) -> int:
        """Stop the bot; from now on the other one is the bot. The exit code of the first."""
        code = await self.stop_bot()
        self._process = successor
        return code

    def send(self, number: signal.Signals) -> None:
        """Send the bot's process a signal, and wait for nothing."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stop_bot(self) -> int:
        """As an operator stops it; the exit code."""
        return await self._end(signal.SIGTERM)

    async def kill_bot(self) -> None:
        """As a power cut would."""
        await self._end(signal.SIGKILL)
        await self.discord.wait_until_gone()

    async def exit_code(self) -> int:
        """Wait for a process that ends by itself."""
        assert self._process is not None
        async with asyncio.timeout(GONE_WITHIN):
            code = await self._process.wait()
        self._process = None
        return code

    async def command(self, *arguments: str) -> tuple[int, str]:
        """Another command of the product, with the same settings: its exit code and all that it printed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "bot",
            *arguments,
            env=self.environment(),
            cwd=self.folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        async with asyncio.timeout(GONE_WITHIN):
            output, _ = await process.communicate()
        return process.returncode or 0, output.decode()

    async def video(self, prompt: str = "A lighthouse in a storm", **options: OptionValue) -> Answer:
        """Mia uses `/video` in #videos; the bot's first answer."""
        use = await self.mia.slash(self.channel, "video", opened_by_admin=False, prompt=prompt, **options)
        answer = await use.first_response()
        assert answer.seconds < ANSWERED_WITHIN
        return answer

    async def finished(self, message: Message) -> Message:
        """The message, once it shows a video."""
        return await self.discord.wait_for(lambda: message if message.media else None, timeout=VIDEO_WITHIN)

    async def says(self, message: Message, words: str) -> Message:
        """The message, once it says `words`."""
        return await self.discord.wait_for(lambda: message if words in message.text else None, timeout=VIDEO_WITHIN)

    async def logged(self, words: str) -> None:
        """Return once the bot's processes have written `words`."""
        async with asyncio.timeout(GONE_WITHIN):
            while words not in self.log:  # noqa: ASYNC110  the file is another process's: no event
                await asyncio.sleep(0.05)

    async def settled(self) -> Balance:
        """The server's balance, once nothing is on its way any more."""
        await self.until(lambda jobs: all(job.state.is_final for job in jobs))
        return await self.balance()

    async def until(self, wanted: Callable[[list[Job]], bool]) -> list[Job]:
        """All jobs, once they are as wanted."""
        async with asyncio.timeout(VIDEO_WITHIN):
            while not wanted(jobs := await self.jobs()):  # noqa: ASYNC110  the database is another process's: no event
                await asyncio.sleep(0.05)
        return jobs

    async def jobs(self) -> list[Job]:
        """Every job in the bot's database, oldest first."""
        async with self._database() as database:
            return list(await JobStore(database=database, clock=SystemClock()).in_states(*JobState))

    async def balance(self) -> Balance:
        """The server's credits in the bot's own books."""
        async with self._database() as database:
            return await LedgerStore(database=database, clock=SystemClock()).balance(GuildId(self.guild.id))

    async def entries(self) -> list[LedgerEntry]:
        """The server's ledger."""
        async with self._database() as database:
            return list(await LedgerStore(database=database, clock=SystemClock()).entries(GuildId(self.guild.id)))

    def environment(self) -> dict[str, str]:
        """What the bot's processes run with: this machine's variables, without any settings of its owner's."""
        inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "TMPDIR", "HOME"}}
        return inherited | {"PYTHONPATH": str(PROJECT)} | self.settings

    async def check_all(self) -> None:
        """What must hold after every test."""
        if self._process is not None:
            assert await self.stop_bot() == 0, self.log
        assert await self._verify() == []
        assert self.powerpost.ledger.discrepancies() == []
        assert not check_requests(self.discord.requests)
        assert self.discord.token not in self.log
        assert self.account.api_key not in self.log
        assert self.may_log_tracebacks or "Traceback" not in self.log, self.log

    async def abandon(self) -> None:
        """End the bot's process after a test that failed."""
        if self._process is not None and self._process.returncode is None:
            await self._end(signal.SIGKILL)

    async def _met(self) -> None:
        """Return once the bot has noted that it is in the server, which it may only do after Discord calls it ready."""
        if self.guild.bot is None:
            return
        async with self._database() as database, asyncio.timeout(READY_WITHIN):
            guilds = GuildStore(database=database, clock=SystemClock())
            while self.guild.id not in await guilds.present():  # noqa: ASYNC110  the database is another process's: no event
                await asyncio.sleep(0.05)

    async def _verify(self) -> list[str]:
        async with self._database() as database:
            return list(await LedgerStore(database=database, clock=SystemClock()).verify())

    async def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(how)
        return await self.exit_code()

    @asynccontextmanager
    async def _database(self) -> AsyncIterator[Database]:
        url = self.settings["DATABASE_URL"]
        await upgrade(url)
        database = Database(url)
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def open_product(
    folder: Path,
    *,
    render: Renderer | None = None,
    generation_time: timedelta = timedelta(seconds=0.2),
    database_url: str | None = None,
) -> AsyncIterator[Product]:
    """Both sandboxes, running, and a bot that has not been started yet; checked at the end."""
    async with AsyncExitStack() as resources:
        clock = MovableClock()
        discord = await resources.enter_async_context(DiscordSandbox(clock=clock))
        powerpost = await resources.enter_async_context(
            PowerPostSandbox(render=render or TinyClips(), generation_time=generation_time)
        )
        product = Product(folder=folder, clock=clock, discord=discord, powerpost=powerpost, database_url=database_url)
        resources.push_async_callback(product.abandon)
        try:
            yield product
        except Exception:
            sys.stderr.write(product.log)
            raise
        await product.check_all()
