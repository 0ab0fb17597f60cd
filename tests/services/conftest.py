"""Fixtures: the stage, with everything on it closed at the end and both sides' books proven."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import Credits
from bot.powerpost.account import PowerPostAccount
from bot.powerpost.client import PowerPostClient
from bot.powerpost.transport import open_session
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from sandbox.powerpost import Account, PowerPostSandbox, TinyClips
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.outcome_file import OutcomeFile
from tests.clocks import MovableClock
from tests.databases import SqliteFiles
from tests.services.stage import GENERATION_TIME, GRANTED, GUILD, ActedDiscord, OneAccount, Stage


@pytest.fixture(scope="session")
def clips() -> TinyClips:
    return TinyClips()


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def discord() -> ActedDiscord:
    return ActedDiscord()


@pytest.fixture
async def powerpost(clips: TinyClips, clock: MovableClock) -> AsyncIterator[PowerPostSandbox]:
    async with PowerPostSandbox(render=clips, clock=clock.elsewhere, generation_time=GENERATION_TIME) as sandbox:
        yield sandbox
        assert sandbox.ledger.discrepancies() == []


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as session:
        yield session


@pytest.fixture
def account(powerpost: PowerPostSandbox) -> Account:
    return powerpost.add_account(credits=1000)


@pytest.fixture
async def paying(
    powerpost: PowerPostSandbox, account: Account, session: aiohttp.ClientSession, clock: MovableClock
) -> AsyncIterator[PowerPostAccount]:
    client = PowerPostClient(
        session=session,
        base_url=powerpost.base_url,
        api_key=account.api_key,
        workspace_id=account.workspace_id,
        clock=clock,
    )
    async with Fetcher(reachable=Reachable.of(own=powerpost.base_url)) as fetcher:
        yield PowerPostAccount(client=client, fetcher=fetcher, clock=clock)


@pytest.fixture
async def database(sqlite_files: SqliteFiles) -> AsyncIterator[Database]:
    """That both kinds of database behave alike is tested with the storage."""
    database = Database(await sqlite_files.migrated())
    yield database
    await database.close()


@pytest.fixture
async def stage(
    *,
    clock: MovableClock,
    database: Database,
    powerpost: PowerPostSandbox,
    account: Account,
    paying: PowerPostAccount,
    tmp_path: Path,
) -> AsyncIterator[Stage]:
    ledger = LedgerStore(database=database, clock=clock)
    await ledger.grant(GUILD, Credits(GRANTED), actor=OPERATOR, reason="for a test")
    jobs = JobStore(database=database, clock=clock)
    outcomes = OutcomeFile(tmp_path / "outcomes.jsonl")
    yield Stage(clock, database, jobs, ledger, powerpost, account, paying, OneAccount(paying), outcomes)
    assert await ledger.verify() == []
