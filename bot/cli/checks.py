"""The doctor's checks: each looks at one thing that the bot depends on and reports what it found."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import TypeVar

import aiohttp

from bot.clock import SystemClock
from bot.errors import DatabaseTooNew, InsufficientScope, InvalidApiKey, PowerPostError, StorageError
from bot.powerpost.client import PowerPostClient
from bot.powerpost.transport import open_session
from bot.powerpost.validation import NO_GENERATION, prove_workspace
from bot.settings import Settings
from storage.engine import Database
from storage.ledger import LedgerStore
from storage.migrate import newest_version, schema_version

Answer = TypeVar("Answer")

TIMEOUT = aiohttp.ClientTimeout(total=15)
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
    checks = (_discord, _powerpost_key, _powerpost_workspace, _database, _disk, _clock)
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
            application = await answer.json(content_type=None)
            answer.raise_for_status()
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return [Finding("Discord login", False, f"no answer ({type(error).__name__})", "Check the network, then retry")]
    name, number = str(application.get("name")), str(application.get("id"))
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
        version = await schema_version(settings.database_url)
        if version is None:
            return [Finding(subject, True, "empty; the first start fills it")]
        problems = await _problems(settings.database_url) if version == newest_version() else []
    except DatabaseTooNew as error:
        return [Finding(subject, False, str(error), "Install the newer version of the bot, or restore that copy")]
    except StorageError as error:
        return [Finding(subject, False, str(error), "Check DATABASE_URL, and that its folder or server can be reached")]
    if problems:
        advice = "`videobot ledger verify` lists them; keep the file and ask for help"
        return [Finding(subject, False, f"{len(problems)} things in the books are off", advice)]
    return [Finding(subject, True, f"schema {version}, the books are sound")]


async def _problems(url: str) -> Sequence[str]:
    database = Database(url)
    try:
        return await LedgerStore(database=database, clock=SystemClock()).verify()
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
