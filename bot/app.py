"""The composition root: builds everything in the order of a start, and closes everything in the order of a stop.

A stop takes no new work, lets an order that is under way end, and leaves; whatever is unfinished goes on at the next
start, since every job lives in the database.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import discord

from bot.addresses import Reachable
from bot.client import VideobotClient, point_discord_at
from bot.clock import Clock, SystemClock
from bot.domain.identifiers import ChannelId, Credits, GuildId
from bot.errors import DiscordLoginFailed, PowerPostError, PowerPostRefusal
from bot.fetch import Fetcher
from bot.health import Health
from bot.keyring import Keyring, open_keyring
from bot.login import log_in
from bot.powerpost.account import PowerPostAccount
from bot.powerpost.opening import AccountOpener
from bot.powerpost.transport import open_session
from bot.services.accept import Accept
from bot.services.accounts import GuildAccounts
from bot.services.alerts import LoggedAlerts, OnceEach
from bot.services.announce import Announcer
from bot.services.audit import AuditTeller, AuditTrail
from bot.services.bell import Bell
from bot.services.deliver import Deliverer
from bot.services.estimates import Estimates
from bot.services.forget import Forgetter
from bot.services.means import Purse
from bot.services.poller import Poller
from bot.services.recover import recover
from bot.services.show import Presenter
from bot.services.submit import Submitter
from bot.services.supervisor import supervise
from bot.services.unconfirmed import Unconfirmed
from bot.services.upload import Uploader
from bot.services.watched import WatchedAccount
from bot.services.workspaces import Workspaces
from bot.settings import Settings, require_for_run
from bot.source_image import DISCORD_FILE_HOSTS, ImageReader
from cogs.alerts import ChannelAlerts
from cogs.audit.channel import DiscordLogChannels
from cogs.credits.cog import CreditsCog
from cogs.history.cog import HistoryCog
from cogs.notifier import DiscordNotifier
from cogs.privacy.cog import PrivacyCog
from cogs.quota.cog import QuotaCog
from cogs.settings.cog import SettingsCog
from cogs.video.cog import VideoCog
from cogs.workspace.cog import WorkspaceCog
from storage.audit import AuditStore
from storage.engine import Database
from storage.erasure import ErasureStore
from storage.guilds import GuildStore
from storage.history import JobHistory
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.migrate import upgrade
from storage.notes import CommandDefinitions
from storage.observations import AccountObservations
from storage.options import OptionStore
from storage.quotas import QuotaStore
from storage.spending import SpendingSwitch
from storage.workspaces import WorkspaceStore

_log = logging.getLogger(__name__)


async def run_bot(settings: Settings, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then leave in good order.

    Raises `SettingsError`, `StorageError` or `DiscordLoginFailed` when the start is not possible.
    """
    require_for_run(settings)
    clock = SystemClock()
    async with AsyncExitStack() as resources:
        videos = await asyncio.to_thread(_emptied_folder, settings.data_dir / "videos")
        stores = await resources.enter_async_context(_opened_stores(settings, clock))
        keyring = await asyncio.to_thread(open_keyring, settings.encryption_keys, settings.data_dir)
        open_account = await resources.enter_async_context(_account_opener(settings, clock))
        reader = await resources.enter_async_context(_image_reader(settings))
        bot = Bot(
            settings=settings,
            clock=clock,
            stores=stores,
            keyring=keyring,
            open_account=open_account,
            reader=reader,
            videos=videos,
        )
        await recover(stores.jobs)
        await bot.serve(stop)


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that is kept."""

    jobs: JobStore
    ledger: LedgerStore
    guilds: GuildStore
    history: JobHistory
    definitions: CommandDefinitions
    observations: AccountObservations
    workspaces: WorkspaceStore
    erasure: ErasureStore
    quotas: QuotaStore
    options: OptionStore
    audit: AuditStore
    spending: SpendingSwitch


class Bot:
    """The parts of a running bot, wired together."""

    def __init__(
        self,
        *,
        settings: Settings,
        clock: Clock,
        stores: Stores,
        keyring: Keyring,
        open_account: AccountOpener,
        reader: ImageReader,
        videos: Path,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._stores = stores
        self._changes = Bell()
        self._audit = AuditTrail(trail=stores.audit, bell=self._changes)
        self._alert_channel = _alert_channel(settings, clock)
        alerts = OnceEach([LoggedAlerts()] if self._alert_channel is None else [LoggedAlerts(), self._alert_channel])
        self._account = WatchedAccount(
            _operators_account(settings, open_account),
            alerts=alerts,
            clock=clock,
            low_balance=settings.low_balance_credits,
        )
        self._accounts = accounts = GuildAccounts(
            operator=self._account,
            links=stores.workspaces,
            vault=keyring,
            open_account=open_account,
            audit=self._audit,
            clock=clock,
        )
        self._workspaces = Workspaces(
            links=stores.workspaces,
            accounts=accounts,
            vault=keyring,
            open_account=open_account,
            audit=self._audit,
        )
        self._forgetter = Forgetter(
            guilds=stores.guilds,
            has_left=self._has_left,
            erasure=stores.erasure,
            links=stores.workspaces,
            accounts=accounts,
            clock=clock,
            after=settings.forget_guilds_after,
        )
        jobs, ledger = stores.jobs, stores.ledger
        queue, looks, messages, deliveries, doubts = Bell(), Bell(), Bell(), Bell(), Bell()
        self._accept = Accept(
            jobs=jobs,
            books=ledger,
            meet=self._guild_seen,
            account_of=accounts.account_of,
            options=stores.options,
            queue_bell=queue,
        )
        purse = Purse(books=ledger, quotas=stores.quotas, account_of=accounts.account_of)
        self._video_cog = VideoCog(accept=self._accept, purse=purse, books=ledger, read_image=reader, clock=clock)
        self._client = self._discord_client()
        self._audit_teller = AuditTeller(
            trail=stores.audit,
            options=stores.options,
            channels=DiscordLogChannels(client=self._client),
            clock=clock,
            bell=self._changes,
        )
        self._estimates = Estimates(history=stores.history, clock=clock)
        notifier = DiscordNotifier(client=self._client, clock=clock, estimate=self._estimates.ready_at)
        presenter = Presenter(notifier=notifier, books=ledger, clock=clock)
        self._submitter = Submitter(
            jobs=jobs,
            accounts=accounts,
            uploader=Uploader(jobs=jobs, accounts=accounts, clock=clock),
            alerts=alerts,
            spending=stores.spending,
            clock=clock,
            bell=queue,
            moved=(looks, messages, doubts),
        )
        self._unconfirmed = Unconfirmed(
            jobs=jobs,
            books=ledger,
            observations=stores.observations,
            account=self._account,
            is_ours_alone=settings.powerpost_key_is_ours_alone,
            alerts=alerts,
            clock=clock,
            bell=doubts,
            moved=(messages,),
        )
        self._poller = Poller(
            jobs=jobs,
            accounts=accounts,
            alerts=alerts,
            clock=clock,
            bell=looks,
            finished=(deliveries, messages),
        )
        self._announcer = Announcer(jobs=jobs, presenter=presenter, clock=clock, bell=messages)
        self._deliverer = Deliverer(
            jobs=jobs,
            accounts=accounts,
            presenter=presenter,
            notifier=notifier,
            options=stores.options,
            clock=clock,
            bell=deliveries,
            videos=videos,
        )

    async def serve(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set, then leave."""
        work = asyncio.create_task(self._work(), name="work")
        stopped = asyncio.create_task(stop.wait(), name="stop")
        try:
            async with self._serving_health():
                await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
                await self._finish()
                if work.done():
                    work.result()
        finally:
            stopped.cancel()
            work.cancel()
            await asyncio.wait({work, stopped})
            await self._close()

    async def _work(self) -> None:
        """Log in, then serve members and move jobs until cancelled.

        Raises `DiscordLoginFailed` when Discord does not let the bot in, or throws it out for good.
        """
        token, _, _ = require_for_run(self._settings)
        point_discord_at(str(self._settings.discord_api_base))
        await self._say_balance()
        await log_in(self._client, token.get_secret_value(), self._clock)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(supervise(self._loops(), self._clock), name="loops")
                tasks.create_task(self._client.connect(), name="gateway")
        except* (discord.DiscordException, aiohttp.ClientError) as group:
            raise DiscordLoginFailed(f"Discord ended the connection: {group.exceptions[0]}") from group

    async def _finish(self) -> None:
        """Take no new wish, send no new order, and let the order under way come to its end."""
        _log.info("Leaving", extra={"action": "stop"})
        self._accept.close()
        await self._video_cog.drain()
        await self._submitter.close()

    def _loops(self) -> dict[str, Callable[[], Awaitable[None]]]:
        loops: dict[str, Callable[[], Awaitable[None]]] = {
            "submit": self._submitter.run,
            "poll": self._poller.run,
            "announce": self._announcer.run,
            "deliver": self._deliverer.run,
            "estimate": self._estimates.run,
            "unconfirmed": self._unconfirmed.run,
            "accounts": self._accounts.run,
            "forget": self._forgetter.run,
            "audit": self._audit_teller.run,
        }
        if self._alert_channel is not None:
            loops["alert"] = partial(self._alert_channel.run, self._client)
        return loops

    async def _close(self) -> None:
        for crew in (self._submitter.crew, self._poller.crew, self._announcer.crew, self._deliverer.crew):
            await crew.close()
        await self._client.close()

    def _discord_client(self) -> VideobotClient:
        stores = self._stores
        return VideobotClient(
            cogs=[
                self._video_cog,
                CreditsCog(
                    books=stores.ledger,
                    jobs=stores.jobs,
                    quotas=stores.quotas,
                    own_accounts=self._workspaces,
                    meet=self._guild_seen,
                ),
                HistoryCog(jobs=stores.jobs),
                QuotaCog(quotas=stores.quotas, clock=self._clock),
                WorkspaceCog(workspaces=self._workspaces),
                PrivacyCog(erasure=stores.erasure, forgets_servers_after=self._settings.forget_guilds_after),
                SettingsCog(options=stores.options, changed=self._changes),
            ],
            definitions=stores.definitions,
            on_guild_seen=self._guild_seen,
            on_guild_gone=stores.guilds.mark_left,
            shard_ids=self._settings.shard_ids,
            shard_count=self._settings.shard_count,
        )

    async def _guild_seen(self, guild_id: GuildId) -> None:
        await self._stores.guilds.ensure(guild_id, Credits(self._settings.starting_credits))

    def _has_left(self, guild_id: GuildId) -> bool:
        return self._client.has_left(guild_id)

    async def _say_balance(self) -> None:
        """Say at start whether the operator's key works; the bot serves anyway, and members get clear refusals."""
        try:
            balance = await self._account.credits()
        except PowerPostRefusal as error:
            _log.error("PowerPost refuses POWERPOST_API_KEY: %s", error, extra={"action": "check_key"})
        except PowerPostError as error:
            _log.warning("PowerPost cannot be asked: %s", error, extra={"action": "check_key"})
        else:
            _log.info("PowerPost account ready", extra={"action": "check_key", "credits": balance})

    @asynccontextmanager
    async def _serving_health(self) -> AsyncIterator[None]:
        if self._settings.metrics_addr is None:
            yield
            return
        health = Health(count_jobs=self._stores.history.counts, is_connected=self._client.is_ready)
        async with health.serving(self._settings.metrics_addr):
            yield


@asynccontextmanager
async def _opened_stores(settings: Settings, clock: Clock) -> AsyncIterator[Stores]:
    upgraded = await upgrade(settings.database_url)
    if upgraded.before != upgraded.after:
        facts = {"before": upgraded.before, "after": upgraded.after, "copy": upgraded.copy}
        _log.info("Database brought up to date", extra={"action": "migrate", **facts})
    database = Database(settings.database_url)
    try:
        yield Stores(
            jobs=JobStore(database=database, clock=clock),
            ledger=LedgerStore(database=database, clock=clock),
            guilds=GuildStore(database=database, clock=clock),
            history=JobHistory(database=database),
            definitions=CommandDefinitions(database=database),
            observations=AccountObservations(database=database),
            workspaces=WorkspaceStore(database=database, clock=clock),
            erasure=ErasureStore(database=database, clock=clock),
            quotas=QuotaStore(database=database, clock=clock),
            options=OptionStore(database=database, clock=clock),
            audit=AuditStore(database=database, clock=clock),
            spending=SpendingSwitch(database=database, clock=clock),
        )
    finally:
        await database.close()


@asynccontextmanager
async def _account_opener(settings: Settings, clock: Clock) -> AsyncIterator[AccountOpener]:
    base_url = str(settings.powerpost_base_url)
    reachable = Reachable.of(hosts=settings.download_hosts, own=base_url)
    async with open_session() as session, Fetcher(reachable=reachable) as fetcher:
        yield AccountOpener(session=session, fetcher=fetcher, base_url=base_url, clock=clock)


def _alert_channel(settings: Settings, clock: Clock) -> ChannelAlerts | None:
    """The channel for alerts, if the operator chose one."""
    if settings.alert_channel_id is None:
        return None
    return ChannelAlerts(channel_id=ChannelId(settings.alert_channel_id), clock=clock)


def _operators_account(settings: Settings, open_account: AccountOpener) -> PowerPostAccount:
    _, key, workspace = require_for_run(settings)
    return open_account(key, str(workspace))


@asynccontextmanager
async def _image_reader(settings: Settings) -> AsyncIterator[ImageReader]:
    reachable = Reachable.of(hosts=DISCORD_FILE_HOSTS, own=str(settings.discord_api_base))
    async with Fetcher(reachable=reachable) as fetcher:
        yield ImageReader(fetcher)


def _emptied_folder(folder: Path) -> Path:
    """The folder for videos on their way, without what a process that was killed left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.iterdir():
        left_over.unlink()
    return folder
