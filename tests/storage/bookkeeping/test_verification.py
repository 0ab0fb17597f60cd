"""`verify` finds every way in which somebody with a database shell could tamper with the ledger."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from bot.domain.job import JobState
from storage.bookkeeping.snapshot import read_snapshot
from storage.bookkeeping.verification import problems
from storage.database.address import is_sqlite
from storage.database.connect import postgresql_engine, sqlite_migrator
from storage.database.transactions import Transaction
from tests.storage.stage import PICTURE, Stage, a_request


@pytest.fixture
async def busy_stage(stage: Stage) -> Stage:
    """A guild with a completed, a cancelled and a queued job."""
    await stage.grant(100)
    await stage.advance(await stage.accept(15), JobState.COMPLETED, used=20)
    cancelled = await stage.accept(10)
    await stage.jobs.move(cancelled.id, JobState.QUEUED, JobState.CANCELLED)
    await stage.accept(5, a_request(image=PICTURE))
    assert await stage.ledger.verify() == []
    return stage


TAMPERINGS = [
    ("UPDATE ledger SET amount = 90 WHERE kind = 'grant'", "its grant leads to 90 available"),
    ("UPDATE ledger SET amount = -100 WHERE kind = 'grant'", "is a grant of -100 credits"),
    ("UPDATE ledger SET available_after = 7 WHERE kind = 'settle'", "ends at 7 available"),
    ("UPDATE ledger SET spent_after = 7 WHERE kind = 'reserve'", "7 spent"),
    ("UPDATE ledger SET amount = 3 WHERE kind = 'settle'", "its settle is of 3 credits, not 20"),
    ("UPDATE ledger SET amount = 3 WHERE kind = 'release'", "its release is of 3 credits, not 10"),
    ("DELETE FROM ledger WHERE kind = 'settle'", "is completed with reserve in the ledger, not reserve, settle"),
    ("DELETE FROM ledger WHERE kind = 'release'", "is cancelled with reserve in the ledger, not reserve, release"),
    ("DELETE FROM ledger WHERE kind = 'reserve'", "is queued with nothing in the ledger, not reserve"),
    ("UPDATE ledger SET kind = 'settle' WHERE kind = 'release'", "with reserve, settle in the ledger"),
    ("UPDATE wallets SET available = available + 9, granted = granted + 9", "the wallet has 84 available"),
    ("UPDATE wallets SET spent = 25, available = available - 5", "25 are recorded as spent; its completed jobs cost"),
    ("UPDATE jobs SET state = 'failed' WHERE state = 'queued'", "is failed with reserve in the ledger"),
    ("UPDATE jobs SET state = 'queued' WHERE state = 'cancelled'", "is queued with reserve, release in the ledger"),
    ("UPDATE jobs SET credits_held = 1 WHERE state = 'queued'", "its reserve is of 5 credits, not 1"),
    ("UPDATE jobs SET credits_used = 1 WHERE state = 'completed'", "its completed jobs cost 1"),
    ("UPDATE jobs SET state = 'cancelled' WHERE state = 'queued'", "A picture is still stored for job"),
    ("UPDATE jobs SET guild_id = 1 WHERE state = 'queued'", "is in another wallet than Server 1"),
    ("UPDATE source_images SET job_id = 'gone'", "A picture is still stored for job gone"),
    ("UPDATE ledger SET job_id = 'gone' WHERE kind = 'settle'", "a settle, belongs to no job"),
    ("DELETE FROM wallets", "there are entries, but no wallet"),
    ("DELETE FROM guilds", "is not in the list of servers"),
]
"""What is changed in the database behind the product's back, and what `verify` must say about it."""


async def test_verify_finds_every_tampering(busy_stage: Stage) -> None:
    for tampering, finding in TAMPERINGS:
        found = await _problems_after(busy_stage, tampering)
        assert any(finding in problem for problem in found), (tampering, found)
    assert await busy_stage.ledger.verify() == []


async def test_verify_reports_one_wrong_amount_once_and_does_not_blame_later_entries(busy_stage: Stage) -> None:
    found = await _problems_after(busy_stage, "UPDATE ledger SET amount = 90 WHERE kind = 'grant'")
    assert len([problem for problem in found if "entry" in problem]) == 1


async def _problems_after(stage: Stage, tampering: str) -> list[str]:
    """The problems found in a transaction that bypasses triggers and foreign keys and is then rolled back."""
    address = stage.database.address
    engine = sqlite_migrator(address) if is_sqlite(address) else postgresql_engine(address)
    try:
        async with engine.connect() as connection:
            for statement in (*_PICKED_LOCKS[engine.dialect.name], tampering):
                await connection.execute(text(statement))
            return problems(await read_snapshot(Transaction(connection)))
    finally:
        await engine.dispose()


_PICKED_LOCKS = {
    "sqlite": ("DROP TRIGGER ledger_refuses_update", "DROP TRIGGER ledger_refuses_delete"),
    "postgresql": ("SET session_replication_role = replica",),
}
"""On SQLite, migrations check foreign keys later; on PostgreSQL they are triggers, which this setting skips."""
