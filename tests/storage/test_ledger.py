"""A guild's ledger: grants, revocations, the entries behind a balance, and the prices that jobs have taught."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import Delete, Update, delete, text, update
from sqlalchemy.exc import IntegrityError

from bot.domain.actor import BOT, OPERATOR, by_user
from bot.domain.audit import AuditAction
from bot.domain.identifiers import Credits, InteractionId
from bot.domain.job import JobState
from bot.domain.ledger import LARGEST_AMOUNT, Balance, EntryKind, Pool
from bot.domain.pricing import Price, PriceKey
from bot.errors import NothingLeftToRevoke, VideobotError
from storage.audit import AuditStore
from storage.bookkeeping.entries import Posting, write_entry
from storage.tables import ledger, wallets
from tests.storage.stage import GUILD, Stage, a_request


async def test_grant_before_the_bot_has_met_the_guild(stage: Stage) -> None:
    after = await stage.ledger.grant(GUILD, Credits(500), actor=OPERATOR, reason="first month")

    assert after == await stage.ledger.balance(GUILD) == Balance(available=Credits(500), granted=Credits(500))
    [entry] = await stage.ledger.entries(GUILD)
    assert (entry.kind, entry.amount, entry.job_id) == (EntryKind.GRANT, 500, None)
    assert (entry.actor, entry.reason, entry.at) == ("operator", "first month", stage.clock.now())
    assert (entry.available_after, entry.reserved_after, entry.spent_after) == (500, 0, 0)


async def test_revoke_takes_back_what_is_available(stage: Stage) -> None:
    await stage.grant(100)
    after = await stage.ledger.revoke(GUILD, Credits(100), actor=OPERATOR, reason="moved away")
    assert after == Balance(granted=Credits(100), revoked=Credits(100))
    assert await stage.ledger.verify() == []


async def test_revoke_leaves_what_is_reserved_to_its_jobs(stage: Stage) -> None:
    await stage.grant(100)
    await stage.accept(15)

    with pytest.raises(NothingLeftToRevoke, match="has 85 credits available; 86 cannot be revoked"):
        await stage.ledger.revoke(GUILD, Credits(86), actor=OPERATOR, reason="too much")

    assert (await stage.ledger.balance(GUILD)).revoked == 0
    assert len(await stage.ledger.entries(GUILD)) == 2


async def test_revoke_from_a_guild_without_a_wallet_is_refused(stage: Stage) -> None:
    with pytest.raises(NothingLeftToRevoke, match="has 0 credits"):
        await stage.ledger.revoke(GUILD, Credits(1), actor=OPERATOR, reason="")


@pytest.mark.parametrize("amount", [0, -5, LARGEST_AMOUNT + 1])
async def test_grant_of_a_nonsensical_amount_is_refused(stage: Stage, amount: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        await stage.ledger.grant(GUILD, Credits(amount), actor=OPERATOR, reason="")


async def test_entries_tell_the_story_of_every_credit(stage: Stage) -> None:
    await stage.grant(100)
    await stage.advance(await stage.accept(15), JobState.COMPLETED, used=20)

    story = [
        (entry.kind, entry.amount, entry.available_after, entry.reserved_after, entry.spent_after)
        for entry in await stage.ledger.entries(GUILD)
    ]

    assert story == [
        (EntryKind.GRANT, 100, 100, 0, 0),
        (EntryKind.RESERVE, 15, 85, 15, 0),
        (EntryKind.SETTLE, 20, 80, 0, 20),
    ]
    assert await stage.ledger.entries() == await stage.ledger.entries(GUILD)


async def test_settling_more_than_was_held_may_overdraw_the_guild(stage: Stage) -> None:
    await stage.grant(15)
    await stage.advance(await stage.accept(15), JobState.COMPLETED, used=18)
    assert (await stage.ledger.balance(GUILD)).available == -3
    assert await stage.ledger.verify() == []


async def test_a_job_cannot_be_settled_twice_even_by_mistake(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.advance(await stage.accept(15), JobState.COMPLETED)
    again = Posting(GUILD, Pool.GRANTED, EntryKind.SETTLE, 5, actor=BOT, at=stage.clock.now(), job_id=job.id)

    with pytest.raises(IntegrityError):
        async with stage.database.writer() as transaction:
            await write_entry(transaction, again)

    assert (await stage.ledger.balance(GUILD)).spent == 15
    assert await stage.ledger.verify() == []


async def test_wallet_that_does_not_add_up_is_refused_by_the_database(stage: Stage) -> None:
    await stage.grant(15)
    with pytest.raises(IntegrityError):
        async with stage.database.writer() as transaction:
            await transaction.execute(update(wallets).values(available=16))


@pytest.mark.parametrize("change", [update(ledger).values(amount=1), delete(ledger)], ids=["update", "delete"])
async def test_ledger_rows_are_never_changed(stage: Stage, change: Update | Delete) -> None:
    await stage.grant(15)
    with pytest.raises(IntegrityError, match="the ledger is append-only"):
        async with stage.database.writer() as transaction:
            await transaction.execute(change)
    assert len(await stage.ledger.entries()) == 1


async def test_learned_prices_are_the_last_that_powerpost_charged(stage: Stage) -> None:
    await stage.grant(1000)
    for used in (14, 16):
        stage.clock.move(timedelta(minutes=1))
        await stage.advance(await stage.accept(15), JobState.PROCESSING, used=used)
    await stage.advance(await stage.accept(15, a_request(duration=10, audio=True)), JobState.COMPLETED, used=45)
    await stage.accept(15, a_request(duration=10))

    assert await stage.ledger.learned_prices() == {
        PriceKey("kling-3.0-pro", 5, audio=False): Price(Credits(16), is_exact=True),
        PriceKey("kling-3.0-pro", 10, audio=True): Price(Credits(45), is_exact=True),
    }


async def test_grants_and_jobs_at_the_same_time_keep_the_books_sound(stage: Stage) -> None:
    await stage.grant(1)

    async def order_and_close(end: JobState) -> None:
        await stage.ledger.grant(GUILD, Credits(15), actor=OPERATOR, reason="")
        job = await stage.accept(15)
        if end is JobState.CANCELLED:
            await stage.jobs.move(job.id, JobState.QUEUED, end)
        else:
            await stage.advance(job, end, used=13)

    ends = [JobState.COMPLETED, JobState.CANCELLED, JobState.DELIVERING] * 5
    await asyncio.gather(*(order_and_close(end) for end in ends))

    assert await stage.ledger.verify() == []
    assert await stage.ledger.balance(GUILD) == Balance(
        available=Credits(1 + 5 * 2 + 5 * 15), reserved=Credits(75), spent=Credits(65), granted=Credits(226)
    )


async def test_refusals_are_errors_of_the_product() -> None:
    assert issubclass(NothingLeftToRevoke, VideobotError)


async def test_amounts_keep_64_bits(stage: Stage) -> None:
    await stage.ledger.grant(GUILD, Credits(LARGEST_AMOUNT), actor=OPERATOR, reason="")
    async with stage.database.reader() as transaction:
        [stored] = (await transaction.execute(text("SELECT available FROM wallets"))).scalars()
    assert stored == LARGEST_AMOUNT


async def test_an_interaction_delivered_twice_grants_and_revokes_once(stage: Stage) -> None:
    ledger = stage.ledger
    grants = [
        ledger.grant(GUILD, Credits(50), actor=by_user(7), reason="again", interaction_id=InteractionId(1))
        for _ in range(3)
    ]
    revocations = [
        ledger.revoke(GUILD, Credits(20), actor=by_user(7), reason="again", interaction_id=InteractionId(2))
        for _ in range(3)
    ]

    granted = await asyncio.gather(*grants)
    revoked = await asyncio.gather(*revocations)

    assert {balance.available for balance in granted} == {50}
    assert {balance.available for balance in revoked} == {30}
    assert [entry.kind for entry in await ledger.entries(GUILD)] == [EntryKind.GRANT, EntryKind.REVOKE]


async def test_the_admins_find_in_the_trail_what_was_granted_and_revoked(stage: Stage) -> None:
    await stage.grant(100)
    await stage.ledger.revoke(GUILD, Credits(40), actor=OPERATOR, reason="a slip")

    entries = await AuditStore(database=stage.database, clock=stage.clock).entries(GUILD)

    assert {entry.action for entry in entries} == {AuditAction.CREDITS_GRANTED, AuditAction.CREDITS_REVOKED}
