"""Prices learned from PowerPost's charges: within bounds, per payer, and set by the operator."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import Delete, Update, delete, select, text, update
from sqlalchemy.exc import IntegrityError

from bot.domain.actor import OPERATOR
from bot.domain.audit import AuditAction
from bot.domain.guild_names import GuildNames
from bot.domain.identifiers import Credits, GuildId, LinkId
from bot.domain.job import Job, JobState
from bot.domain.pricing import KnownPrice, OddCharge, Price, PriceKey, price
from bot.domain.request import make_spec
from bot.errors import InsufficientCredits
from storage.audit import AuditStore
from storage.database.engine import Database
from storage.names import NameStore
from storage.prices import PriceStore
from storage.tables import price_changes, prices
from storage.workspaces import WorkspaceStore
from tests.databases import SqliteFiles
from tests.storage.stage import GUILD, MEMBER, Stage, a_request

migration = import_module("storage.migrations.versions.0003_prices")
KLING = PriceKey("kling-3.0-pro", 5, audio=False)
REQUEST = make_spec(prompt="a cat")


@pytest.fixture
def store(stage: Stage) -> PriceStore:
    return PriceStore(database=stage.database, clock=stage.clock)


@pytest.fixture
def odd(stage: Stage) -> list[OddCharge]:
    """The charges reported as not believed."""
    told: list[OddCharge] = []
    stage.jobs.tell_odd_charges(told.append)
    return told


async def quoted(stage: Stage, link_id: LinkId | None = None) -> Price:
    return price(REQUEST, await stage.ledger.learned_prices(link_id))


async def charged(stage: Stage, used: int, link_id: LinkId | None = None) -> Job:
    """A video at the current price, for which PowerPost charged `used` credits."""
    held = (await quoted(stage, link_id)).credits
    job = await stage.accept(held, a_request(link_id=link_id))
    stage.clock.move(timedelta(minutes=1))
    return await stage.advance(job, JobState.COMPLETED, used=used)


async def test_a_charge_of_nothing_does_not_let_a_server_without_credits_order(
    stage: Stage, odd: list[OddCharge]
) -> None:
    await stage.grant(15)
    free = await charged(stage, 0)
    await stage.ledger.revoke(GUILD, Credits(15), actor=OPERATOR, reason="moved away")

    price_now = await quoted(stage)
    orders = [stage.accept(price_now.credits) for _ in range(50)]
    refused = await asyncio.gather(*orders, return_exceptions=True)

    assert price_now == Price(Credits(15), is_exact=False)
    assert all(isinstance(error, InsufficientCredits) for error in refused)
    assert (await stage.ledger.balance(GUILD)).available == 0
    assert free.price == 0
    assert odd == [OddCharge(None, KLING, Credits(15), Credits(0))]
    assert await stage.ledger.verify() == []


async def test_a_charge_of_a_thousand_million_prices_nobody_out(stage: Stage, odd: list[OddCharge]) -> None:
    await stage.grant(100)

    dear = await charged(stage, 1_000_000_000)

    assert (dear.price, (await quoted(stage)).credits) == (1_000_000_000, 15)
    assert odd == [OddCharge(None, KLING, Credits(15), Credits(1_000_000_000))]
    assert await stage.ledger.verify() == []


async def test_an_odd_charge_names_the_server_whose_own_account_paid(stage: Stage, odd: list[OddCharge]) -> None:
    link_id = await stage.link()
    await charged(stage, 0, link_id)
    await NameStore(database=stage.database).keep(GUILD, GuildNames("Cats", {}))
    await charged(stage, 0, link_id)

    assert [charge.guild for charge in odd] == [f"{GUILD}", f"{GUILD} (Cats)"]


async def test_three_equal_odd_charges_in_a_row_are_believed(
    stage: Stage, store: PriceStore, odd: list[OddCharge]
) -> None:
    await stage.grant(10_000)
    for used in (100, 100, 15, 100, 100):
        await charged(stage, used)
    assert (await quoted(stage)).credits == 15

    await charged(stage, 100)

    assert await quoted(stage) == Price(Credits(100), is_exact=True)
    assert len(odd) == 4
    [change] = await store.changes()
    assert (change.before, change.credits, change.actor) == (15, 100, "bot")


async def test_odd_charges_at_the_same_time_are_all_counted(stage: Stage) -> None:
    await stage.grant(1_000)
    jobs = [await stage.advance(await stage.accept(15), JobState.SUBMITTING) for _ in range(3)]
    moves = (
        stage.jobs.move(job.id, JobState.SUBMITTING, JobState.PROCESSING, credits_used=Credits(100)) for job in jobs
    )

    await asyncio.gather(*moves)

    assert (await quoted(stage)).credits == 100


async def test_what_one_account_is_charged_is_nobody_elses_price(stage: Stage, store: PriceStore) -> None:
    await stage.grant(100)
    link_id = await stage.link()
    elsewhere = await WorkspaceStore(database=stage.database, clock=stage.clock).link(GuildId(7), "ws", b"?", MEMBER)

    await charged(stage, 40, link_id)

    assert await quoted(stage, link_id) == Price(Credits(40), is_exact=True)
    for other in (None, elsewhere.id):
        assert await quoted(stage, other) == Price(Credits(15), is_exact=False)

    await charged(stage, 16)
    assert (await quoted(stage)).credits == 16
    assert (await quoted(stage, link_id)).credits == 40
    assert [(entry.guild_id, entry.known.credits) for entry in await store.all()] == [(None, 16), (GUILD, 40)]


async def test_an_operators_price_holds_until_powerpost_charges_another_ordinary_one(
    stage: Stage, store: PriceStore, odd: list[OddCharge]
) -> None:
    await stage.grant(1_000)
    await charged(stage, 15)

    assert await store.put(KLING, Credits(200), actor=OPERATOR) == KnownPrice(Credits(15))
    assert await quoted(stage) == Price(Credits(200), is_exact=False)
    await charged(stage, 15)
    assert [charge.expected for charge in odd] == [200]
    await charged(stage, 150)

    assert await quoted(stage) == Price(Credits(150), is_exact=True)


async def test_a_forgotten_price_is_an_estimate_again(stage: Stage, store: PriceStore) -> None:
    await stage.grant(100)
    await charged(stage, 20)

    assert (await store.put(KLING, None, actor=OPERATOR)).credits == 20

    assert await quoted(stage) == Price(Credits(15), is_exact=False)
    assert await store.all() == []


async def test_a_servers_price_is_told_in_its_audit_trail(stage: Stage, store: PriceStore) -> None:
    link_id = await stage.link()

    await store.put(KLING, Credits(20), payer=(GUILD, link_id), actor=OPERATOR)
    await store.put(KLING, None, payer=(GUILD, link_id), actor=OPERATOR)

    assert [(change.guild_id, change.link_id) for change in await store.changes()] == [(GUILD, link_id)] * 2
    entries = await AuditStore(database=stage.database, clock=stage.clock).entries(GUILD)
    assert [(entry.action, entry.actor) for entry in entries] == [
        (AuditAction.PRICE_FORGOTTEN, "operator"),
        (AuditAction.PRICE_SET, "operator"),
    ]
    assert entries[1].details == {"model": KLING.model_id, "seconds": 5, "sound": False, "before": None, "after": 20}


@pytest.mark.parametrize("change", [update(price_changes).values(actor="x"), delete(price_changes)], ids=["u", "d"])
async def test_what_was_changed_stays_written(stage: Stage, store: PriceStore, change: Update | Delete) -> None:
    await store.put(KLING, Credits(20), actor=OPERATOR)
    with pytest.raises(IntegrityError, match="price_changes are append-only"):
        async with stage.database.writer() as transaction:
            await transaction.execute(change)
    assert len(await store.changes()) == 1


async def test_a_database_from_before_learns_from_its_jobs_what_is_not_odd(stage: Stage, store: PriceStore) -> None:
    await stage.grant(10**10)
    link_id = await stage.link()
    for used, link in ((14, None), (16, None), (0, None), (10**9, None), (40, link_id)):
        await charged(stage, used, link)
    async with stage.database.writer() as transaction:
        await transaction.execute(delete(prices))
        await transaction.execute(text(migration.FROM_JOBS))

    assert await quoted(stage) == Price(Credits(16), is_exact=True)
    assert await quoted(stage, link_id) == Price(Credits(40), is_exact=True)
    assert len(await store.all()) == 2


async def test_the_prices_of_a_payer_are_looked_up_in_an_index(sqlite_files: SqliteFiles) -> None:
    database = Database(await sqlite_files.migrated())
    query = select(prices).where(prices.c.payer == 0).compile(compile_kwargs={"literal_binds": True})
    async with database.reader() as transaction:
        plan = [row.detail for row in await transaction.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    await database.close()

    assert all("USING INDEX" in step for step in plan), plan
