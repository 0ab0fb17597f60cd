"""The doctor's checks: each looks at one thing that the bot depends on and reports what it found."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar

import aiohttp

from bot.app.first_start import require_no_loss
from bot.clock import SystemClock
from bot.domain.identifiers import GuildId
from bot.errors import (
    DatabaseMissing,
    DatabaseTooNew,
    InsufficientScope,
    InvalidApiKey,
    PowerPostError,
    SettingsError,
    StorageError,
)
from bot.keyring import KEY_FILE, fitting_keyring, unreadable_guilds
from bot.powerpost.client import PowerPostClient
from bot.powerpost.transport import open_session
from bot.powerpost.validation import NO_GENERATION, prove_workspace
from bot.settings import Settings
from bot.web.bounded import read_bounded
from storage.database.address import database_address, place
from storage.database.engine import Database
from storage.database.migrate import newest_version, schema_version
from storage.database.proof import prove_writable
from storage.ledger import LedgerStore
from storage.process_lock import process_lock
from storage.workspaces import WorkspaceStore

Answer = TypeVar("Answer")

TIMEOUT = aiohttp.ClientTimeout(total=15)
LARGEST_ANSWER = 1 * 2**20
LEAST_DISK = 1 * 2**30
MOST_SKEW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `advice` says what to do, when there is something to do."""

    subject: str
    is_well: bool
    fact: str
    advice: str = ""


Check = Callable[[], Awaitable[list[Finding]]]


def all_checks(settings: Settings) -> list[Check]:
    """Every check, in the order of the report. None of them raises for what is wrong outside."""
    checks = (_discord, _powerpost_key, _powerpost_workspace, _database, _bot, _encryption_keys, _disk, _clock)
    return [partial(check, settings) for check in checks]


async def _discord(settings: Settings) -> list[Finding]:
    if settings.discord_token is None:
        return [Finding("Discord login", False, "DISCORD_TOKEN is missing", "Developer Portal → Bot → Reset Token")]
    headers = {"Authorization": f"Bot {settings.discord_token.get_secret_value()}"}
    address = str(settings.discord_api_base).rstrip("/") + "/applications/@me"
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(address, headers=headers) as answer:
            if answer.status == 401:
                advice = "Copy DISCORD_TOKEN anew: Developer Portal → Bot → Reset Token"
                return [Finding("Discord login", False, "the token is refused", advice)]
            answer.raise_for_status()
            application = json.loads(await read_bounded(answer.content, most_bytes=LARGEST_ANSWER))
            name, number = str(application["name"]), str(application["id"])
    except (aiohttp.ClientError, TimeoutError, ValueError, LookupError, TypeError) as error:
        return [Finding("Discord login", False, f"no answer ({type(error).__name__})", "Check the network, then retry")]
    return [Finding("Discord login", True, "the token is accepted"), _application(name, number)]


def _application(name: str, number: str) -> Finding:
    return Finding("Discord application", True, f"{name!r} ({number}); `videobot invite` prints its link")


async def _powerpost_key(settings: Settings) -> list[Finding]:
    subject = "PowerPost balance"
    if settings.powerpost_api_key is None:
        return [Finding(subject, False, "POWERPOST_API_KEY is missing", "Make a key in PowerPost's settings")]
    try:
        balance = await _ask(settings, lambda client: client.credits())
    except InvalidApiKey:
        return [Finding(subject, False, "the key is refused", "Copy POWERPOST_API_KEY anew, or make a new key")]
    except InsufficientScope as error:
        return [Finding(subject, False, str(error), "Make a key with the scopes that the README lists")]
    except PowerPostError as error:
        return [Finding(subject, False, str(error), "Check POWERPOST_BASE_URL and the network, then retry")]
    if balance <= 0:
        return [Finding(subject, False, f"{balance} credits", "Buy credits: no video can be ordered without")]
    return [Finding(subject, True, f"{balance} credits")]


async def _powerpost_workspace(settings: Settings) -> list[Finding]:
    subject = "PowerPost workspace"
    if settings.powerpost_api_key is None or settings.powerpost_workspace_id is None:
        advice = "Copy the workspace's id (a UUID) from PowerPost's settings"
        return [Finding(subject, False, "POWERPOST_WORKSPACE_ID or the key is missing", advice)]
    try:
        await _ask(settings, prove_workspace)
    except PowerPostError as error:
        return [Finding(subject, False, str(error), "Check POWERPOST_WORKSPACE_ID and the key's scopes")]
    return [Finding(subject, True, str(settings.powerpost_workspace_id))]


async def _ask(settings: Settings, call: Callable[[PowerPostClient], Awaitable[Answer]]) -> Answer:
    key, workspace = settings.powerpost_api_key, settings.powerpost_workspace_id
    async with open_session() as session:
        return await call(
            PowerPostClient(
                session=session,
                base_url=str(settings.powerpost_base_url),
                api_key=key or "",
                workspace_id=str(workspace or NO_GENERATION),
                clock=SystemClock(),
            )
        )


async def _database(settings: Settings) -> list[Finding]:
    subject = "Database"
    try:
        return [await _state_of_database(settings, subject)]
    except DatabaseMissing as error:
        return [Finding(subject, False, str(error), "Put the database back before you start the bot")]
    except DatabaseTooNew as error:
        return [Finding(subject, False, str(error), "Install the newer version of the bot, or restore that copy")]
    except StorageError as error:
        return [Finding(subject, False, str(error), f"It is at {_place(settings)}: mend that, then try again")]


async def _state_of_database(settings: Settings, subject: str) -> Finding:
    await require_no_loss(settings)
    version = await schema_version(settings.database_url)
    if version is None:
        return Finding(subject, True, f"none at {_place(settings)} yet; the first start makes it")
    if version != newest_version():
        return Finding(subject, True, f"schema {version}; the next start keeps a copy and updates it")
    if problems := await _problems(settings.database_url):
        advice = "`videobot ledger verify` lists them; keep the file and ask for help"
        return Finding(subject, False, f"{len(problems)} things in the books are off", advice)
    return Finding(subject, True, f"schema {version}, it takes writes, the books are sound")


def _place(settings: Settings) -> str:
    return place(database_address(settings.database_url))


async def _bot(settings: Settings) -> list[Finding]:
    """One bot at a time works on a database: who it is now, or that the next one can start.

    Nothing where the database cannot be asked: its own check says why.
    """
    lock = process_lock(settings.database_url)
    try:
        holder = await lock.holder()
    except StorageError:
        return []
    finally:
        await lock.close()
    if holder is None:
        return [Finding("Bot", True, "no bot works on the database; `videobot run` can start one")]
    return [Finding("Bot", True, f"{holder} works on the database; no second one can start meanwhile")]


async def _problems(url: str) -> Sequence[str]:
    database = Database(url)
    try:
        await prove_writable(database)
        return await LedgerStore(database=database, clock=SystemClock()).verify()
    finally:
        await database.close()


async def _encryption_keys(settings: Settings) -> list[Finding]:
    """The same verdict as a start's."""
    subject = "Encryption keys"
    try:
        sealed = await _sealed(settings.database_url)
    except StorageError:
        sealed = []
    file = settings.data_dir / KEY_FILE
    if not sealed and not settings.encryption_keys and not file.exists():
        return [Finding(subject, True, f"none yet; the first start makes {file}")]
    try:
        keyring = fitting_keyring(settings.encryption_keys, settings.data_dir, sealed)
    except SettingsError as error:
        return [Finding(subject, False, str(error), "Put the key back before you start the bot")]
    if unreadable := unreadable_guilds(keyring, sealed):
        servers = ", ".join(map(str, unreadable))
        advice = "Add the key that opens them to ENCRYPTION_KEYS, or let their admins link again"
        return [Finding(subject, False, f"none opens the linked keys of these servers: {servers}", advice)]
    return [Finding(subject, True, f"they open all {len(sealed)} linked keys" if sealed else "they can be read")]


async def _sealed(url: str) -> Sequence[tuple[GuildId, bytes]]:
    """What is stored under encryption; nothing where there is no database that this version reads."""
    if await schema_version(url) != newest_version():
        return []
    database = Database(url)
    try:
        return await WorkspaceStore(database=database, clock=SystemClock()).sealed()
    finally:
        await database.close()


async def _disk(settings: Settings) -> list[Finding]:
    folder = next(path for path in (settings.data_dir, *settings.data_dir.absolute().parents) if path.exists())
    usage = await asyncio.to_thread(shutil.disk_usage, folder)
    fact = f"{usage.free / 2**30:.1f} GiB free in {settings.data_dir}"
    if not os.access(folder, os.W_OK):
        return [Finding("Disk", False, f"{settings.data_dir} cannot be written", "Give the bot's user that folder")]
    return [Finding("Disk", usage.free >= LEAST_DISK, fact, "" if usage.free >= LEAST_DISK else "Make room")]


async def _clock(settings: Settings) -> list[Finding]:
    """Compared with the clock of Discord, whose interactions carry times that must be met within seconds."""
    address = str(settings.discord_api_base).rstrip("/") + "/gateway"
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(address) as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
        return [Finding("Clock", False, f"could not be compared ({type(error).__name__})", "Check the network")]
    skew = abs(datetime.now(UTC) - theirs)
    advice = "" if skew <= MOST_SKEW else "Set the machine's clock, for example by NTP"
    return [Finding("Clock", skew <= MOST_SKEW, f"{skew.total_seconds():.0f} s from Discord's", advice)]
