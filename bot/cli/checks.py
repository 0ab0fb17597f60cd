"""The doctor's checks: each examines one thing that the bot depends on."""

from __future__ import annotations

import asyncio
import errno
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from bot.app.first_start import require_no_loss
from bot.cli.discord_checks import alert_channel, clock, login, operator_server
from bot.cli.finding import Finding
from bot.clock import SystemClock
from bot.domain.identifiers import GuildId
from bot.errors import (
    DatabaseMissing,
    DatabaseTooNew,
    InsufficientScope,
    InvalidApiKey,
    NoAnswer,
    PowerPostError,
    PowerPostUnreachable,
    SettingsError,
    StorageError,
)
from bot.keyring import KEY_FILE, fitting_keyring, unreadable_guilds
from bot.powerpost.client import NO_GENERATION, PowerPostClient, prove_workspace
from bot.powerpost.transport import open_session
from bot.settings import Settings
from storage.process_lock import process_lock
from storage.stores import current_stores, newest_version, place_of, prove_place, schema_version

Answer = TypeVar("Answer")

LEAST_DISK = 1 * 2**30


Check = Callable[[], Awaitable[list[Finding]]]


def all_checks(settings: Settings) -> list[Check]:
    """Every check, in the order of the report. A fault becomes a finding; no check raises for it."""
    checks = (
        login,
        alert_channel,
        operator_server,
        _powerpost_key,
        _powerpost_workspace,
        _database,
        _bot,
        _credits,
        _encryption_keys,
        _metrics,
        _download_hosts,
        _disk,
        clock,
    )
    return [partial(check, settings) for check in checks]


async def _powerpost_key(settings: Settings) -> list[Finding]:
    subject = "PowerPost balance"
    if settings.powerpost_api_key is None:
        return [Finding(subject, False, "POWERPOST_API_KEY is missing", "Create a key in PowerPost's settings")]
    try:
        balance = await _ask(settings, lambda client: client.credits())
    except InvalidApiKey:
        return [Finding(subject, False, "the key is refused", "Copy POWERPOST_API_KEY again, or create a new key")]
    except InsufficientScope as error:
        return [Finding(subject, False, _said(error), "Create a key with the scopes listed in the README")]
    except PowerPostError as error:
        return [Finding(subject, False, _said(error), "Check POWERPOST_BASE_URL and the network, then retry")]
    if balance <= 0:
        return [Finding(subject, False, f"{balance:,} credits", "Buy credits: videos cannot be ordered without them")]
    return [Finding(subject, True, f"{balance:,} credits")]


async def _powerpost_workspace(settings: Settings) -> list[Finding]:
    subject = "PowerPost workspace"
    if settings.powerpost_api_key is None or settings.powerpost_workspace_id is None:
        advice = "Copy the workspace's id (a UUID) from PowerPost's settings"
        return [Finding(subject, False, "POWERPOST_WORKSPACE_ID or the key is missing", advice)]
    try:
        await _ask(settings, prove_workspace)
    except PowerPostError as error:
        return [Finding(subject, False, _said(error), "Check POWERPOST_WORKSPACE_ID and the key's scopes")]
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
        where = place_of(settings.database_url)
        return [Finding(subject, False, str(error), f"Fix the database at {where}, then try again")]


async def _state_of_database(settings: Settings, subject: str) -> Finding:
    await require_no_loss(settings)
    version = await schema_version(settings.database_url)
    if version is None:
        await prove_place(settings.database_url)
        return Finding(subject, True, f"none at {place_of(settings.database_url)} yet; the first start creates it")
    if version != newest_version():
        return Finding(subject, True, f"schema {version}; the next start makes a copy and upgrades it")
    if problems := await _problems(settings.database_url):
        advice = "`videobot ledger verify` lists them; keep the file and ask for help"
        return Finding(subject, False, f"the ledger does not add up (problems: {len(problems)})", advice)
    return Finding(subject, True, f"schema {version}, writable, and the ledger adds up")


async def _bot(settings: Settings) -> list[Finding]:
    """Only one bot can use a database at a time: which one does now, if any.

    Nothing if the database cannot be read: its own check says why.
    """
    lock = process_lock(settings.database_url)
    try:
        holder = await lock.holder()
    except StorageError:
        return []
    finally:
        await lock.close()
    if holder is None:
        return [Finding("Bot", True, "no bot is using the database; `videobot run` can start one")]
    return [Finding("Bot", True, f"{holder} is using the database; a second bot cannot start")]


async def _problems(url: str) -> Sequence[str]:
    async with current_stores(url, SystemClock()) as stores:
        await stores.prove_writable()
        return await stores.ledger.verify()


async def _encryption_keys(settings: Settings) -> list[Finding]:
    """The same checks as at a start."""
    subject = "Encryption keys"
    try:
        sealed = await _sealed(settings.database_url)
    except StorageError:
        sealed = []
    file = settings.data_dir / KEY_FILE
    if not sealed and not settings.encryption_keys and not file.exists():
        return [Finding(subject, True, f"none yet; the first start creates {file}")]
    try:
        keyring = fitting_keyring(settings.encryption_keys, settings.data_dir, sealed)
    except SettingsError as error:
        return [Finding(subject, False, str(error), "Put the key back before you start the bot")]
    if unreadable := unreadable_guilds(keyring, sealed):
        servers = ", ".join(map(str, unreadable))
        advice = "Add the missing key to ENCRYPTION_KEYS, or ask their admins to link again"
        return [Finding(subject, False, f"none decrypts the linked keys of these servers: {servers}", advice)]
    return [Finding(subject, True, f"they decrypt all {len(sealed)} linked keys" if sealed else "they can be read")]


async def _sealed(url: str) -> Sequence[tuple[GuildId, bytes]]:
    """The encrypted keys. Raises `StorageError`, also when there is no database of this version."""
    async with current_stores(url, SystemClock()) as stores:
        return await stores.workspaces.sealed()


async def _disk(settings: Settings) -> list[Finding]:
    folder = next(path for path in (settings.data_dir, *settings.data_dir.absolute().parents) if path.exists())
    try:
        await asyncio.to_thread(_write_into, folder)
        usage = await asyncio.to_thread(shutil.disk_usage, folder)
    except OSError as error:
        fact = f"{settings.data_dir} cannot be written ({(error.strerror or 'unknown reason').lower()})"
        return [Finding("Disk", False, fact, "Let the bot's user write to that folder, or change DATA_DIR")]
    fact = f"{usage.free / 2**30:.1f} GiB free in {settings.data_dir}"
    return [Finding("Disk", usage.free >= LEAST_DISK, fact, "" if usage.free >= LEAST_DISK else "Free up space")]


def _write_into(folder: Path) -> None:
    """Permissions are not enough: the file system may be read-only."""
    with tempfile.TemporaryFile(dir=folder) as proof:
        proof.write(b"\0")
        proof.flush()


async def _credits(settings: Settings) -> list[Finding]:
    """A hint: as long as no server has credits, every request is refused."""
    if settings.starting_credits:
        return []
    try:
        paying = await _paying_servers(settings.database_url)
    except StorageError:
        return []
    if paying:
        return []
    advice = "Grant some (`videobot credits grant GUILD_ID AMOUNT --reason TEXT`), or set STARTING_CREDITS"
    return [Finding("Credits", True, "no server has any, and STARTING_CREDITS is 0", advice)]


async def _paying_servers(url: str) -> int:
    """How many servers were granted credits or have linked their own account."""
    if await schema_version(url) != newest_version():
        return 0
    async with current_stores(url, SystemClock()) as stores:
        known = await stores.guild_list.all()
    return sum(guild.is_linked or guild.balance.granted > guild.balance.revoked for guild in known)


async def _metrics(settings: Settings) -> list[Finding]:
    """Nothing without METRICS_ADDR; the port may be the running bot's own."""
    if settings.metrics_addr is None:
        return []
    host, _, port = settings.metrics_addr.rpartition(":")
    try:
        server = await asyncio.start_server(lambda _reader, writer: writer.close(), host.strip("[]"), int(port))
        server.close()
        await server.wait_closed()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fact = f"{settings.metrics_addr} is in use, by the running bot or by another program"
            return [Finding("Metrics", await _is_at_work(settings), fact, "Stop the other program, or change the port")]
        fact = f"METRICS_ADDR {settings.metrics_addr} is not an address of this machine"
        return [Finding("Metrics", False, fact, "Use 127.0.0.1, 0.0.0.0 or an address of this machine")]
    return [Finding("Metrics", True, f"{settings.metrics_addr} is free")]


async def _is_at_work(settings: Settings) -> bool:
    lock = process_lock(settings.database_url)
    try:
        return await lock.holder() is not None
    except StorageError:
        return False
    finally:
        await lock.close()


async def _download_hosts(settings: Settings) -> list[Finding]:
    """Reports only names that do not resolve; the bot checks each address at every download."""
    loop = asyncio.get_running_loop()
    unknown = []
    for host in settings.download_hosts:
        try:
            await loop.getaddrinfo(host, 443)
        except (OSError, UnicodeError):
            unknown.append(host)
    if not unknown:
        return []
    return [
        Finding("Download hosts", False, f"these names do not resolve: {', '.join(unknown)}", "Correct DOWNLOAD_HOSTS")
    ]


def _said(error: PowerPostError) -> str:
    """What PowerPost said, or that it did not answer, without class names from any library."""
    if isinstance(error, PowerPostUnreachable):
        return "PowerPost cannot be reached"
    if isinstance(error, NoAnswer):
        return "PowerPost gave no complete answer"
    return error.facts.message or f"PowerPost answered with HTTP {error.facts.status}"
