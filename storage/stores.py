"""The one door to the database: where it is, whether it can be used, and every store, opened together."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot.clock import Clock
from storage.audit import AuditStore
from storage.database.address import place_of, sqlite_file
from storage.database.engine import Database
from storage.database.migrate import newest_version, require_current, schema_version, upgrade
from storage.erasure import ErasureStore
from storage.guild_list import GuildList
from storage.guilds import GuildStore
from storage.history import JobHistory
from storage.job_lists import JobLists
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.names import NameStore
from storage.notes import GUILD_COMMANDS, CommandDefinitions
from storage.observations import AccountObservations
from storage.options import OptionStore
from storage.prices import PriceStore
from storage.proof import prove_place, prove_writable
from storage.purchases import PurchaseStore
from storage.quotas import QuotaStore
from storage.spending import SpendingSwitch
from storage.usage import UsageStore
from storage.waits import WaitStore
from storage.workspaces import WorkspaceStore

__all__ = [
    "Stores",
    "current_stores",
    "newest_version",
    "opened_stores",
    "place_of",
    "prove_place",
    "schema_version",
    "sqlite_file",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Stores:
    """One store per kind of thing; they share the database. `prove_writable` tries a write."""

    jobs: JobStore
    job_lists: JobLists
    ledger: LedgerStore
    guilds: GuildStore
    history: JobHistory
    prices: PriceStore
    definitions: CommandDefinitions
    guild_definitions: CommandDefinitions
    observations: AccountObservations
    workspaces: WorkspaceStore
    erasure: ErasureStore
    quotas: QuotaStore
    options: OptionStore
    audit: AuditStore
    spending: SpendingSwitch
    usage: UsageStore
    guild_list: GuildList
    names: NameStore
    purchases: PurchaseStore
    waits: WaitStore
    prove_writable: Callable[[], Awaitable[None]]


@asynccontextmanager
async def opened_stores(url: str, clock: Clock) -> AsyncIterator[Stores]:
    """The stores of a `DATABASE_URL`, which is made or brought up to date first; closed at the end.

    Raises `StorageError` and `SettingsError`.
    """
    upgraded = await upgrade(url)
    if upgraded.before != upgraded.after:
        facts = {"before": upgraded.before, "after": upgraded.after, "copy": upgraded.copy}
        _log.info("Database brought up to date", extra={"action": "migrate", **facts})
    async with _opened(url, clock) as stores:
        yield stores


@asynccontextmanager
async def current_stores(url: str, clock: Clock) -> AsyncIterator[Stores]:
    """The stores of a database that is there and of this version, neither made nor changed by opening it.

    Raises `StorageError` when there is none of this version's schema, and `SettingsError`.
    """
    await require_current(url)
    async with _opened(url, clock) as stores:
        yield stores


@asynccontextmanager
async def _opened(url: str, clock: Clock) -> AsyncIterator[Stores]:
    database = Database(url)
    try:
        yield _stores(database, clock)
    finally:
        await database.close()


def _stores(database: Database, clock: Clock) -> Stores:
    return Stores(
        jobs=JobStore(database=database, clock=clock),
        job_lists=JobLists(database=database),
        ledger=LedgerStore(database=database, clock=clock),
        guilds=GuildStore(database=database, clock=clock),
        history=JobHistory(database=database),
        prices=PriceStore(database=database, clock=clock),
        definitions=CommandDefinitions(database=database),
        guild_definitions=CommandDefinitions(database=database, name=GUILD_COMMANDS),
        observations=AccountObservations(database=database),
        workspaces=WorkspaceStore(database=database, clock=clock),
        erasure=ErasureStore(database=database, clock=clock),
        quotas=QuotaStore(database=database, clock=clock),
        options=OptionStore(database=database, clock=clock),
        audit=AuditStore(database=database, clock=clock),
        spending=SpendingSwitch(database=database, clock=clock),
        usage=UsageStore(database=database),
        guild_list=GuildList(database=database),
        names=NameStore(database=database),
        purchases=PurchaseStore(database=database, clock=clock),
        waits=WaitStore(database=database),
        prove_writable=partial(prove_writable, database),
    )
