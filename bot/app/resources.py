"""What the process opens at its start: the folder for videos, the stores, the keys, and the connections to the web."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.app.first_start import remember_database
from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import ChannelId
from bot.keyring import Keyring, fitting_keyring
from bot.powerpost.opening import AccountOpener
from bot.powerpost.transport import open_session
from bot.services.alerts import AlertTarget, LoggedAlerts, OnceEach
from bot.settings import Settings
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from bot.web.source_image import DISCORD_FILE_HOSTS, ImageReader
from cogs.operator.alerts import ChannelAlerts
from storage.outcome_file import FILE_NAME, OutcomeFile
from storage.stores import Stores, opened_stores

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Resources:
    """Open until the process ends. `videos` is an empty folder for files on their way to Discord."""

    settings: Settings
    clock: Clock
    videos: Path
    stores: Stores
    keyring: Keyring
    open_account: AccountOpener
    read_image: ImageReader
    outcomes: OutcomeFile
    alert_channel: ChannelAlerts | None
    alerts: OnceEach


@asynccontextmanager
async def opened_resources(settings: Settings, clock: Clock) -> AsyncIterator[Resources]:
    """Everything open, closed again in the reverse order; creates the database if there is none.

    Raises `StorageError` and `SettingsError`.
    """
    alert_channel = _alert_channel(settings, clock)
    targets: list[AlertTarget] = [LoggedAlerts()] if alert_channel is None else [LoggedAlerts(), alert_channel]
    alerts = OnceEach(targets, clock=clock)

    def tell_operator(host: str) -> None:
        alerts.raise_alert(Alert(AlertKind.NAME_NOT_PUBLIC, host))

    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(_stores(settings, clock))
        yield Resources(
            settings=settings,
            clock=clock,
            videos=await asyncio.to_thread(_emptied_folder, settings.data_dir / "videos"),
            stores=stores,
            keyring=await asyncio.to_thread(
                fitting_keyring, settings.encryption_keys, settings.data_dir, await stores.workspaces.sealed()
            ),
            outcomes=OutcomeFile(settings.data_dir / FILE_NAME),
            open_account=await stack.enter_async_context(_account_opener(settings, clock, tell_operator)),
            read_image=await stack.enter_async_context(_image_reader(settings, tell_operator)),
            alert_channel=alert_channel,
            alerts=alerts,
        )


@asynccontextmanager
async def _stores(settings: Settings, clock: Clock) -> AsyncIterator[Stores]:
    async with opened_stores(settings.database_url, clock) as stores:
        await asyncio.to_thread(remember_database, settings)
        yield stores


@asynccontextmanager
async def _account_opener(
    settings: Settings, clock: Clock, on_private_name: Callable[[str], None]
) -> AsyncIterator[AccountOpener]:
    base_url = str(settings.powerpost_base_url)
    reachable = Reachable.of(hosts=settings.download_hosts, own=base_url)
    async with open_session() as session, Fetcher(reachable=reachable, on_private_name=on_private_name) as fetcher:
        yield AccountOpener(session=session, fetcher=fetcher, base_url=base_url, clock=clock)


@asynccontextmanager
async def _image_reader(settings: Settings, on_private_name: Callable[[str], None]) -> AsyncIterator[ImageReader]:
    reachable = Reachable.of(hosts=DISCORD_FILE_HOSTS, own=str(settings.discord_api_base))
    async with Fetcher(reachable=reachable, on_private_name=on_private_name) as fetcher:
        yield ImageReader(fetcher)


def _alert_channel(settings: Settings, clock: Clock) -> ChannelAlerts | None:
    """The channel for alerts, if the operator chose one."""
    if settings.alert_channel_id is None:
        return None
    return ChannelAlerts(channel_id=ChannelId(settings.alert_channel_id), clock=clock)


def _emptied_folder(folder: Path) -> Path:
    """The folder for videos on their way, without what a killed process left there.

    What the bot did not put there stays. What cannot be removed is only logged: all it does is take up space.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in (*folder.glob("*.mp4"), *folder.glob("*.mp4.part")):
        try:
            left_over.unlink()
        except OSError as error:
            facts = {"action": "empty_videos", "file": left_over, "error": error}
            _log.warning("A file in the folder for videos cannot be removed", extra=facts)
    return folder
