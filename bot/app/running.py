"""The bot from its start to its end.

A stop takes no new work, lets an order that is under way end, and leaves; whatever is unfinished goes on at the next
start, since every job lives in the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import discord

from bot.app.accounts import PayingAccounts
from bot.app.desk import Desk
from bot.app.operations import Operations
from bot.app.pipeline import Pipeline
from bot.app.resources import Resources, opened_resources
from bot.client import VideobotClient, point_discord_at
from bot.clock import SystemClock
from bot.domain.identifiers import Credits, GuildId
from bot.errors import DiscordLoginFailed
from bot.health import Health
from bot.login import log_in
from bot.services.audit import AuditTeller, AuditTrail
from bot.services.bell import Bell
from bot.services.database_watch import DatabaseWatch
from bot.services.forget import Forgetter
from bot.services.supervisor import supervise
from bot.settings import Settings, require_for_run
from cogs.audit.channel import DiscordLogChannels

_log = logging.getLogger(__name__)


async def run_bot(settings: Settings, stop: asyncio.Event, *, new_database: bool = False) -> None:
    """Serve until `stop` is set, then leave in good order. `new_database` allows an empty one where there was one.

    Raises `SettingsError`, `StorageError` or `DiscordLoginFailed` when the start is not possible.
    """
    require_for_run(settings)
    async with opened_resources(settings, SystemClock(), new_database=new_database) as resources:
        bot = Bot(resources)
        await bot.recover()
        await bot.serve(stop)


class Bot:
    """The parts of a running bot, wired together."""

    def __init__(self, resources: Resources) -> None:
        self._settings, self._clock, self._stores = resources.settings, resources.clock, resources.stores
        queued, changed = Bell(), Bell()
        self._accounts = PayingAccounts(resources, audit=AuditTrail(trail=self._stores.audit, bell=changed))
        self._database_watch = DatabaseWatch(
            prove=self._stores.prove_writable, alerts=self._accounts.alerts, clock=self._clock
        )
        self._desk = Desk(resources, self._accounts, meet=self._meet, queued=queued, changed=changed)
        self._operations = Operations(resources, alerts=self._accounts.alerts)
        self._client = VideobotClient(
            cogs=[*self._desk.cogs, *self._operations.cogs],
            guild_commands=self._operations.guild_commands,
            definitions=self._stores.definitions,
            on_guild_seen=self._meet,
            on_guild_gone=self._stores.guilds.mark_left,
            shard_ids=self._settings.shard_ids,
            shard_count=self._settings.shard_count,
        )
        self._pipeline = Pipeline(resources, self._accounts, client=self._client, queued=queued)
        self._audit_teller = AuditTeller(
            trail=self._stores.audit,
            options=self._stores.options,
            channels=DiscordLogChannels(client=self._client),
            alerts=self._accounts.alerts,
            clock=self._clock,
            bell=changed,
        )
        self._forgetter = Forgetter(
            guilds=self._stores.guilds,
            has_left=self._client.has_left,
            erasure=self._stores.erasure,
            links=self._stores.workspaces,
            accounts=self._accounts.all,
            clock=self._clock,
            after=self._settings.forget_guilds_after,
        )

    async def recover(self) -> None:
        """Settle what a process that died left in the middle. Raises `StorageError`."""
        await self._pipeline.recover()

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then leave: no new wish, no new order, the order under way to its end."""
        work = asyncio.create_task(self._work(), name="work")
        stopped = asyncio.create_task(stop.wait(), name="stop")
        try:
            async with self._serving_health():
                await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
                _log.info("Leaving", extra={"action": "stop"})
                await self._desk.close()
                await self._pipeline.finish_orders()
                if work.done():
                    work.result()
        finally:
            stopped.cancel()
            work.cancel()
            await asyncio.wait({work, stopped})
            await self._pipeline.close()
            await self._client.close()

    async def _work(self) -> None:
        """Log in, then serve members and move jobs until cancelled.

        Raises `DiscordLoginFailed` when Discord does not let the bot in, or throws it out for good.
        """
        token, _, _ = require_for_run(self._settings)
        point_discord_at(str(self._settings.discord_api_base))
        await self._accounts.say_balance()
        await log_in(self._client, token.get_secret_value(), self._clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(supervise(self._loops(), self._clock), name="loops")
                tasks.create_task(self._client.connect(), name="gateway")
        except* (discord.DiscordException, aiohttp.ClientError) as group:
            raise DiscordLoginFailed(f"Discord ended the connection: {group.exceptions[0]}") from group

    def _loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            **self._pipeline.loops(),
            **self._accounts.loops(self._client),
            **self._operations.loops(self._client),
            "database": self._database_watch.run,
            "audit": self._audit_teller.run,
            "forget": self._forgetter.run,
        }

    async def _meet(self, guild_id: GuildId) -> None:
        await self._stores.guilds.ensure(guild_id, Credits(self._settings.starting_credits))

    @asynccontextmanager
    async def _serving_health(self) -> AsyncIterator[None]:
        if self._settings.metrics_addr is None:
            yield
            return
        health = Health(
            count_jobs=self._stores.history.counts,
            is_connected=self._client.is_ready,
            database_trouble=self._database_watch.trouble,
        )
        async with health.serving(self._settings.metrics_addr):
            yield
