"""What the process opens at its start: the folder for videos, the stores, the keys, and the ways to the web."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.addresses import Reachable
from bot.app.first_start import remember_database, require_no_loss
from bot.app.stores import Stores, opened_stores
from bot.clock import Clock
from bot.fetch import Fetcher
from bot.keyring import Keyring, fitting_keyring
from bot.powerpost.opening import AccountOpener
from bot.powerpost.transport import open_session
from bot.settings import Settings
from bot.source_image import DISCORD_FILE_HOSTS, ImageReader
from storage.outcome_file import FILE_NAME, OutcomeFile

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


@asynccontextmanager
async def opened_resources(settings: Settings, clock: Clock, *, new_database: bool = False) -> AsyncIterator[Resources]:
    """Everything open, closed again in the reverse order.

    `new_database` allows an empty database where there was one.

    Raises `StorageError` and `SettingsError`.
    """
    async with AsyncExitStack() as stack:
        stores = await stack.enter_async_context(_stores(settings, clock, new_database=new_database))
        yield Resources(
            settings=settings,
            clock=clock,
            videos=await asyncio.to_thread(_emptied_folder, settings.data_dir / "videos"),
            stores=stores,
            keyring=await asyncio.to_thread(
                fitting_keyring, settings.encryption_keys, settings.data_dir, await stores.workspaces.sealed()
            ),
            open_account=await stack.enter_async_context(_account_opener(settings, clock)),
            read_image=await stack.enter_async_context(_image_reader(settings)),
            outcomes=OutcomeFile(settings.data_dir / FILE_NAME),
        )


@asynccontextmanager
async def _stores(settings: Settings, clock: Clock, *, new_database: bool) -> AsyncIterator[Stores]:
    if not new_database:
        await require_no_loss(settings)
    async with opened_stores(settings.database_url, clock) as stores:
        await asyncio.to_thread(remember_database, settings)
        yield stores


@asynccontextmanager
async def _account_opener(settings: Settings, clock: Clock) -> AsyncIterator[AccountOpener]:
    base_url = str(settings.powerpost_base_url)
    reachable = Reachable.of(hosts=settings.download_hosts, own=base_url)
    async with open_session() as session, Fetcher(reachable=reachable) as fetcher:
        yield AccountOpener(session=session, fetcher=fetcher, base_url=base_url, clock=clock)


@asynccontextmanager
async def _image_reader(settings: Settings) -> AsyncIterator[ImageReader]:
    reachable = Reachable.of(hosts=DISCORD_FILE_HOSTS, own=str(settings.discord_api_base))
    async with Fetcher(reachable=reachable) as fetcher:
        yield ImageReader(fetcher)


def _emptied_folder(folder: Path) -> Path:
    """The folder for videos on their way, without what a process that was killed left there.

    What the bot did not put there stays. What cannot be removed is only said: it takes room, and nothing else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in (*folder.glob("*.mp4"), *folder.glob("*.mp4.part")):
        try:
            left_over.unlink()
        except OSError as error:
            facts = {"action": "empty_videos", "file": left_over, "error": error}
            _log.warning("A file in the folder for videos cannot be removed", extra=facts)
    return folder
