"""The real client with all cogs and the real books, connected to a local Discord in the test's own process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from discord.ext import commands

from bot.clock import Clock, SystemClock
from bot.domain.actor import OPERATOR
from bot.domain.guild_names import GuildNames
from bot.domain.identifiers import Credits, GuildId, UserId
from bot.domain.job import Job
from bot.domain.request import SourceImage
from bot.errors import DatabaseUnavailable
from bot.services.jobs.accept import Accept
from bot.services.jobs.affordability import AffordabilityCheck
from bot.services.loops.wakeup import Wakeup
from cogs.client.client import VideobotClient, point_discord_at
from cogs.client.guild_commands import GuildCommands
from cogs.credits.cog import CreditsCog
from cogs.history.cog import HistoryCog
from cogs.quota.cog import QuotaCog
from cogs.settings.cog import SettingsCog
from cogs.video.cog import VideoCog
from cogs.video.notifier import DiscordNotifier
from sandbox.discord import DiscordSandbox, Guild, Member, TextChannel
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.options import OptionStore
from storage.quotas import QuotaStore


class AheadClock(SystemClock):
    """The real time, plus what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


class KeptDefinitions:
    """Keeps the digest of the commands in memory; several clients may share it, as restarts share a database."""

    def __init__(self) -> None:
        self.saved: list[str] = []

    async def load(self) -> str | None:
        return self.saved[-1] if self.saved else None

    async def save(self, digest: str) -> None:
        self.saved.append(digest)


class ImageDesk:
    """Stands for the download and check of a picture: keeps it waiting, or refuses it, as a test likes."""

    def __init__(self) -> None:
        self.refusal: Exception | None = None
        self.opens = asyncio.Event()
        self.opens.set()
        self.asked: list[str] = []

    async def __call__(self, url: str) -> SourceImage:
        self.asked.append(url)
        await self.opens.wait()
        if self.refusal is not None:
            raise self.refusal
        return SourceImage("source.png", "image/png", b"checked")


class NoOwnAccounts:
    """Every server draws on the operator's PowerPost account."""

    async def status(self, _guild_id: GuildId) -> None:
        return None


class GuildLog:
    """What the client tells of guilds: wait for the next word with `next`."""

    def __init__(self, *, fails: bool = False) -> None:
        self._fails = fails
        self._told: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.names: dict[GuildId, GuildNames] = {}
        self.kept = 0

    async def on_seen(self, guild_id: GuildId) -> None:
        self._told.put_nowait(("seen", guild_id))
        if self._fails:
            raise DatabaseUnavailable("for a test")

    async def on_gone(self, guild_id: GuildId) -> None:
        self._told.put_nowait(("gone", guild_id))

    async def keep_names(self, guild_id: GuildId, names: GuildNames) -> None:
        self.names[guild_id] = names
        self.kept += 1

    async def next(self) -> tuple[str, int]:
        async with asyncio.timeout(30):
            return await self._told.get()


class LogWatch(logging.Handler):
    """Wait for a line of the log by its action; use as a context manager."""

    def __init__(self) -> None:
        super().__init__()
        self._records: asyncio.Queue[logging.LogRecord] = asyncio.Queue()

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self._records.put_nowait(record)

    async def wait_for(self, action: str) -> logging.LogRecord:
        """The next record with this action."""
        async with asyncio.timeout(30):
            while True:
                record = await self._records.get()
                if getattr(record, "action", None) == action:
                    return record


@dataclass(frozen=True)
class Scene:
    """A guild with a channel and a member, and the bot with its books; `clock` is the bot's."""

    discord: DiscordSandbox
    client: VideobotClient
    guild: Guild
    channel: TextChannel
    mia: Member
    jobs: JobStore
    ledger: LedgerStore
    images: ImageDesk
    clock: AheadClock
    accept: Accept
    video: VideoCog
    notifier: DiscordNotifier
    options: OptionStore

    async def grant(self, amount: int) -> None:
        await self.ledger.grant(GuildId(self.guild.id), Credits(amount), actor=OPERATOR, reason="for a test")

    async def jobs_of_mia(self) -> Sequence[Job]:
        return await self.jobs.latest_of(GuildId(self.guild.id), UserId(self.mia.id), 100)


def a_client(
    cogs: Sequence[commands.Cog] = (),
    *,
    definitions: KeptDefinitions | None = None,
    guilds: GuildLog | None = None,
    clock: Clock | None = None,
    guild_commands: GuildCommands | None = None,
    shard_count: int | None = None,
) -> VideobotClient:
    log = guilds or GuildLog()
    return VideobotClient(
        cogs=cogs,
        definitions=definitions or KeptDefinitions(),
        on_guild_seen=log.on_seen,
        on_guild_gone=log.on_gone,
        keep_names=log.keep_names,
        clock=clock or SystemClock(),
        guild_commands=guild_commands,
        shard_count=shard_count,
    )


@asynccontextmanager
async def running(client: VideobotClient, discord: DiscordSandbox) -> AsyncIterator[None]:
    """The client, connected and with its commands known to Discord."""
    point_discord_at(discord.api_base)
    started = asyncio.create_task(_serve(client, discord.token))
    try:
        ready = asyncio.create_task(discord.wait_until_ready(timeout=5))
        await asyncio.wait({started, ready}, return_when=asyncio.FIRST_COMPLETED)
        if started.done():
            ready.cancel()
            started.result()
        await ready
        yield
    finally:
        await client.close()
        started.cancel()
        await asyncio.wait({started})


async def _serve(client: VideobotClient, token: str) -> None:
    await client.login(token)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(client.offer_commands())
        await client.connect()


@asynccontextmanager
async def a_scene(discord: DiscordSandbox, database: Database) -> AsyncIterator[Scene]:
    clock = AheadClock()
    jobs, ledger = JobStore(database=database, clock=clock), LedgerStore(database=database, clock=clock)
    options = OptionStore(database=database, clock=clock)
    accept = Accept(jobs=jobs, ledger=ledger, meet=_met, account_of=_operators, options=options, queue_wakeup=Wakeup())
    images = ImageDesk()
    quotas = QuotaStore(database=database, clock=clock)
    affordability = AffordabilityCheck(ledger=ledger, quotas=quotas, account_of=_operators)
    video = VideoCog(accept=accept, affordability=affordability, ledger=ledger, read_image=images, clock=clock)
    settings = SettingsCog(options=options, changed=Wakeup())
    own_limits = CreditsCog(ledger=ledger, jobs=jobs, quotas=quotas, own_accounts=NoOwnAccounts(), meet=_met)
    client = a_client([video, own_limits, HistoryCog(jobs=jobs), QuotaCog(quotas=quotas, clock=clock), settings])
    notifier = DiscordNotifier(client=client, clock=clock, estimate=lambda _: None)
    guild = discord.add_guild("Film club")
    channel = guild.add_channel("videos")
    mia = guild.add_member("Mia")
    async with running(client, discord):
        yield Scene(discord, client, guild, channel, mia, jobs, ledger, images, clock, accept, video, notifier, options)
        await video.drain()


async def _operators(_guild_id: GuildId) -> None:
    """No server here has a PowerPost account of its own."""


async def _met(_guild_id: GuildId) -> None:
    """Scenes grant their credits themselves."""
