"""Credit packs bought in Discord: each is in the ledger once, however often it is reported."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.audit import AuditAction
from bot.domain.identifiers import Credits, UserId
from bot.domain.purchase import Purchase
from storage.audit import AuditStore
from storage.purchases import PurchaseStore
from tests.storage.stage import GUILD, Stage

PACK = Purchase(id=2**62 + 7, sku_id=11, buyer_id=UserId(2**61 + 9), guild_id=GUILD)


@pytest.fixture
def store(stage: Stage) -> PurchaseStore:
    return PurchaseStore(database=stage.database, clock=stage.clock)


async def test_a_purchase_becomes_credits_also_before_the_bot_has_met_the_guild(
    stage: Stage, store: PurchaseStore
) -> None:
    assert await store.credit(PACK, GUILD, Credits(500))

    [entry] = await stage.ledger.entries(GUILD)
    assert (entry.amount, entry.actor, entry.reason) == (
        500,
        f"user:{PACK.buyer_id}",
        f"purchase {PACK.id} in Discord",
    )
    assert await stage.ledger.verify() == []


async def test_a_purchase_told_again_changes_nothing(stage: Stage, store: PurchaseStore) -> None:
    await store.credit(PACK, GUILD, Credits(500))

    assert not await store.credit(PACK, GUILD, Credits(500))
    assert (await stage.ledger.balance(GUILD)).available == 500


async def test_twenty_tellings_at_once_are_one_grant(stage: Stage, store: PurchaseStore) -> None:
    told = await asyncio.gather(*(store.credit(PACK, GUILD, Credits(500)) for _ in range(20)))

    assert sorted(told) == [False] * 19 + [True]
    assert (await stage.ledger.balance(GUILD)).granted == 500


async def test_the_admins_of_the_guild_are_told(stage: Stage, store: PurchaseStore) -> None:
    await store.credit(PACK, GUILD, Credits(500))

    [entry] = await AuditStore(database=stage.database, clock=stage.clock).entries(GUILD)
    assert (entry.action, entry.details["credits"]) == (AuditAction.CREDITS_GRANTED, 500)
