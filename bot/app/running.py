"""The bot from its start to its end.

A stop takes no new work, lets current orders finish, and exits; the next start continues whatever is unfinished, since
every job is in the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Any, Final

import aiohttp
import discord

from bot.app.accounts import PayingAccounts
from bot.app.commands import Commands
from bot.app.first_start import require_no_loss
from bot.app.greeting import say_started
from bot.app.operations import Operations
from bot.app.pipeline import Pipeline
from bot.app.resources import Resources, opened_resources
from bot.app.turn import TRY_EVERY, Turn
from bot.clock import SystemClock
from bot.domain.identifiers import Credits, GuildId
from bot.errors import DiscordLoginFailed, StorageError
from bot.health import Health
from bot.health_file import ANY_PORT, announced
from bot.services.audit import AuditTeller, AuditTrail
from bot.services.database_watch import DatabaseWatch
from bot.services.loops.supervisor import supervise
from bot.services.loops.wakeup import Wakeup
from bot.services.retention import Forgetter
from bot.settings import Settings, require_for_run
from cogs.audit.channel import DiscordLogChannels
from cogs.client.client import VideobotClient, point_discord_at
from cogs.client.login import log_in
from storage.process_lock import process_lock

_log = logging.getLogger(__name__)


STOP_WITHIN: Final = timedelta(seconds=98)
"""From the signal to the end of the process, whatever hangs; Docker's --stop-timeout should be a little longer.

Of these, requests being accepted and orders in progress may use 90 s together.
"""

DRAIN_WITHIN: Final = timedelta(seconds=90)
CLOSE_WITHIN: Final = timedelta(seconds=5)


async def run_bot(
    settings: Settings, stop: asyncio.Event, *, wait: timedelta = timedelta(0), new_database: bool = False
) -> None:
    """Serve until `stop` is set, then shut down cleanly. `new_database` allows an empty one where there was one.

    Only one process at a time uses a database: `wait` is how long another one may take to stop first.

    Raises `SettingsError`, `StorageError` (`DatabaseInUse` among them), `MetricsUnavailable` or `DiscordLoginFailed`
    when the start is not possible.
    """
    require_for_run(settings)
    if not new_database:
        await require_no_loss(settings)  # before the lock, which makes a file, and its folder
    clock = SystemClock()
    turn = Turn(process_lock(settings.database_url), clock)
    try:
        if await _unless_stopped(turn.take(wait), stop):
            async with opened_resources(settings, clock) as resources:
                bot = Bot(resources, turn)
                await bot.recover()
                await bot.serve(stop)
    finally:
        await turn.end()


async def _unless_stopped(work: Coroutine[Any, Any, None], stop: asyncio.Event) -> bool:
    """Do the work; False when `stop` was set first and the work was abandoned."""
    working, stopped = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        stopped.cancel()
        await asyncio.wait({working, stopped})
    if working.cancelled():
        return False
    working.result()
    return True


class Bot:
    """The parts of a running bot, wired together."""

    def __init__(self, resources: Resources, turn: Turn) -> None:
        self._turn = turn
        self._settings, self._clock, self._stores = resources.settings, resources.clock, resources.stores
        queued, changed = Wakeup(), Wakeup()
        self._accounts = PayingAccounts(resources, audit=AuditTrail(trail=self._stores.audit, wakeup=changed))
        self._database_watch = DatabaseWatch(
            prove=self._stores.prove_writable, alerts=self._accounts.alerts, clock=self._clock
        )
        self._commands = Commands(resources, self._accounts, meet=self._meet, queued=queued, changed=changed)
        self._operations = Operations(resources, alerts=self._accounts.alerts)
        self._client = VideobotClient(
            cogs=[*self._commands.cogs, *self._operations.cogs],
            guild_commands=self._operations.guild_commands,
            definitions=self._stores.definitions,
            on_guild_seen=self._meet,
            on_guild_gone=self._stores.guilds.mark_left,
            keep_names=self._stores.names.keep,
            clock=self._clock,
            shard_ids=self._settings.shard_ids,
            shard_count=self._settings.shard_count,
        )
        self._pipeline = Pipeline(resources, self._accounts, client=self._client, queued=queued)
        self._audit_teller = AuditTeller(
            trail=self._stores.audit,
            options=self._stores.options,
            channels=DiscordLogChannels(client=self._client),
            alerts=self._accounts.alerts,
            waits=self._stores.waits,
            clock=self._clock,
            wakeup=changed,
        )
        self._forgetter = Forgetter(
            guilds=self._stores.guilds,
            guilds_named=self._client.wait_until_ready,
            has_left=self._client.has_left,
            erasure=self._stores.erasure,
            links=self._stores.workspaces,
            accounts=self._accounts.all,
            waits=self._stores.waits,
            clock=self._clock,
            after=self._settings.forget_guilds_after,
        )

    async def recover(self) -> None:
        """Settle what a process that died left unfinished. Raises `StorageError`."""
        await self._pipeline.recover()

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then stop: no new request, no new order, current orders finish."""
        async with self._serving_health() as address:
            work = asyncio.create_task(self._work(address), name="work")
            stopped = asyncio.create_task(stop.wait(), name="stop")
            try:
                await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
                await self._leave()
                if work.done():
                    work.result()
            finally:
                stopped.cancel()
                work.cancel()
                await asyncio.wait({work, stopped})
                await self._close()

    async def _leave(self) -> None:
        """Tell every part to stop before waiting for any; then wait for all together."""
        _log.info("Leaving", extra={"action": "stop"})
        self._commands.leave()
        self._pipeline.leave()
        await _within(DRAIN_WITHIN, self._commands.drain(), self._pipeline.finish_orders())

    async def _close(self) -> None:
        await _within(CLOSE_WITHIN, self._pipeline.close(), self._client.close())

    async def _work(self, health_address: str) -> None:
        """Log in, then serve members and move jobs until cancelled.

        Raises `DiscordLoginFailed` when Discord does not let the bot in, or ends its session for good, and
        `DatabaseInUse` when another process has taken over the database.
        """
        token, _, _ = require_for_run(self._settings)
        point_discord_at(str(self._settings.discord_api_base))
        await log_in(self._client, token.get_secret_value(), self._clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._accounts.say_balance(), name="balance")
                tasks.create_task(supervise(self._watching(), self._clock), name="watch")
                tasks.create_task(self._move_jobs(), name="loops")
                tasks.create_task(self._client.connect(), name="gateway")
                tasks.create_task(say_started(self._client, self._settings, health_address), name="greeting")
        except ExceptionGroup as group:
            raise _why_it_ended(group) from group

    async def _move_jobs(self) -> None:
        """Run the loops while we hold the database's lock; without it, nothing moves until it is back.

        Raises `DatabaseInUse` when another process has taken it.
        """
        while True:
            await _first_of(supervise(self._loops(), self._clock), self._turn.lost())
            _log.error("The database's lock was lost; nothing is ordered without it", extra={"action": "lock_lost"})
            await self._pipeline.pause()
            await self._resume()
            _log.info("The database's lock is back", extra={"action": "lock_back"})

    async def _resume(self) -> None:
        while True:
            await self._turn.take_again()
            try:
                await self._pipeline.resume()
            except StorageError:
                _log.warning("The database cannot be used yet", extra={"action": "resume_later"}, exc_info=True)
                await self._clock.sleep(TRY_EVERY)
            else:
                return

    def _watching(self) -> dict[str, Callable[[], Awaitable[None]]]:
        """What keeps running without the database's lock, which is lost together with the database."""
        return {**self._accounts.telling(self._client), "database": self._database_watch.run}

    def _loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        return {
            **self._pipeline.loops(),
            **self._accounts.loops(),
            **self._operations.loops(self._client),
            "commands": self._client.offer_commands,
            "guild_commands": self._client.offer_guild_commands,
            "audit": self._audit_teller.run,
            "forget": self._forgetter.run,
        }

    async def _meet(self, guild_id: GuildId) -> None:
        await self._stores.guilds.ensure(guild_id, Credits(self._settings.starting_credits))

    @asynccontextmanager
    async def _serving_health(self) -> AsyncIterator[str]:
        health = Health(
            count_jobs=self._stores.history.counts,
            is_connected=self._client.is_ready,
            database_trouble=self._database_watch.trouble,
        )
        chosen = self._settings.metrics_addr
        async with health.serving(chosen or ANY_PORT) as address:
            with nullcontext() if chosen else announced(self._settings.data_dir, address):
                yield address


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Return when the first one ends, and cancel the others; raises its error."""
    tasks = {asyncio.create_task(work) for work in works}
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in done:
        task.result()


async def _within(time: timedelta, *works: Coroutine[Any, Any, None]) -> None:
    """Run all of them at once; what is not done in time is cancelled and logged."""
    tasks = {asyncio.create_task(work) for work in works}
    _, late = await asyncio.wait(tasks, timeout=time.total_seconds())
    for task in late:
        _log.warning("The stop does not wait any longer", extra={"action": "stop_late", "task": task.get_name()})
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=1)
    for task in tasks - late:
        task.result()


def _why_it_ended(group: ExceptionGroup[Exception]) -> Exception:
    """What the operator is told; our own bugs are raised unchanged."""
    error = next(iter(_leaves(group)))
    if isinstance(error, discord.DiscordException | aiohttp.ClientError):
        return DiscordLoginFailed(f"Discord ended the connection: {error}")
    return error


def _leaves(group: ExceptionGroup[Exception]) -> Iterator[Exception]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
