"""The switch that stops all spending: stored, audited, and checked in the transaction of every request."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from bot.domain.actor import OPERATOR, by_user
from bot.domain.identifiers import Credits
from bot.domain.job import JobState
from bot.domain.spending import SpendingChange
from bot.errors import SpendingStopped
from storage.jobs import JobStore
from storage.spending import SpendingSwitch
from storage.tables import spending_switch
from tests.storage.stage import GUILD, Stage, a_request


@pytest.fixture
def switch(stage: Stage) -> SpendingSwitch:
    return SpendingSwitch(database=stage.database, clock=stage.clock)


async def test_spending_is_allowed_until_somebody_stops_it(stage: Stage, switch: SpendingSwitch) -> None:
    await stage.grant(100)

    assert not await switch.is_stopped()
    assert (await switch.status()).change is None
    await stage.accept()


async def test_a_request_is_refused_while_spending_is_stopped_and_holds_nothing(
    stage: Stage, switch: SpendingSwitch
) -> None:
    await stage.grant(100)
    await switch.stop(actor=OPERATOR, reason="the bill is odd")

    with pytest.raises(SpendingStopped, match="Nothing was spent"):
        await stage.accept()
    assert (await stage.ledger.balance(GUILD)).reserved == 0
    assert await stage.jobs.in_states(*JobState) == []

    await switch.start(actor=OPERATOR, reason="all is well")
    await stage.accept()


async def test_a_servers_own_account_is_stopped_too(stage: Stage, switch: SpendingSwitch) -> None:
    link_id = await stage.link()
    await switch.stop(actor=OPERATOR, reason="a leak")

    with pytest.raises(SpendingStopped):
        await stage.accept(request=a_request(link_id=link_id))


async def test_another_process_on_the_same_database_sees_the_switch(stage: Stage, switch: SpendingSwitch) -> None:
    await switch.stop(actor=OPERATOR, reason="a leak")

    assert await SpendingSwitch(database=stage.database, clock=stage.clock).is_stopped()
    with pytest.raises(SpendingStopped):
        await JobStore(database=stage.database, clock=stage.clock).accept(a_request(), Credits(15))


async def test_the_status_tells_what_waits_and_what_goes_on(stage: Stage, switch: SpendingSwitch) -> None:
    await stage.grant(1000)
    for end in (JobState.QUEUED, JobState.QUEUED, JobState.PROCESSING, JobState.DELIVERING, JobState.COMPLETED):
        await stage.advance(await stage.accept(), end)

    status = await switch.stop(actor=by_user(7), reason="night")

    assert (status.is_stopped, status.waiting, status.under_way, status.submitting) == (True, 2, 2, 0)
    assert status == await switch.status()


async def test_no_job_becomes_submitting_while_spending_is_stopped(stage: Stage, switch: SpendingSwitch) -> None:
    await stage.grant(100)
    job = await stage.accept()
    await switch.stop(actor=OPERATOR, reason="a leak")

    assert await stage.jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING) is None
    assert await stage.jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED) is not None


async def test_what_a_stop_does_not_count_as_submitting_is_not_submitted_afterwards(
    stage: Stage, switch: SpendingSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A move that has found spending allowed but is not committed yet when the switch is turned."""
    await stage.grant(100)
    job = await stage.accept()
    at_the_commit, may_commit = asyncio.Event(), asyncio.Event()

    async def pause(*_: object) -> None:
        at_the_commit.set()
        await may_commit.wait()

    monkeypatch.setattr("storage.jobs.close_job", pause)
    moving = asyncio.create_task(stage.jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING))
    await at_the_commit.wait()
    stopping = asyncio.create_task(switch.stop(actor=OPERATOR, reason="a leak"))
    await asyncio.wait({stopping}, timeout=0.3)  # long enough for a stop that does not wait to return

    may_commit.set()
    status, moved = await stopping, await moving

    assert moved is not None
    assert (status.submitting, status.waiting) == (1, 0)


async def test_a_request_that_is_being_taken_when_spending_stops_is_counted_or_refused(
    stage: Stage, switch: SpendingSwitch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.grant(100)
    at_the_commit, may_commit = asyncio.Event(), asyncio.Event()

    async def pause(*_: object) -> None:
        at_the_commit.set()
        await may_commit.wait()

    monkeypatch.setattr("storage.jobs.record", pause)
    accepting = asyncio.create_task(stage.accept())
    await at_the_commit.wait()
    stopping = asyncio.create_task(switch.stop(actor=OPERATOR, reason="a leak"))
    await asyncio.wait({stopping}, timeout=0.3)

    may_commit.set()

    assert (await stopping).waiting == 1
    await accepting


async def test_many_movers_and_one_stop_agree_on_what_was_submitted(stage: Stage, switch: SpendingSwitch) -> None:
    await stage.grant(1000)
    jobs = [await stage.accept() for _ in range(12)]
    moving = [asyncio.create_task(stage.jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING)) for job in jobs]
    status = await switch.stop(actor=OPERATOR, reason="a leak")
    moved = [job for job in await asyncio.gather(*moving) if job is not None]

    assert status.submitting == len(moved)
    assert status.submitting + status.waiting == len(jobs)


async def test_who_turned_the_switch_and_why_is_kept_for_ever(stage: Stage, switch: SpendingSwitch) -> None:
    await switch.stop(actor=OPERATOR, reason="a leak")
    await switch.start(actor=by_user(7), reason="mended")

    assert await switch.changes() == [
        SpendingChange(is_stopped=False, actor=by_user(7), reason="mended", at=stage.clock.now()),
        SpendingChange(is_stopped=True, actor=OPERATOR, reason="a leak", at=stage.clock.now()),
    ]
    for tampering in (update(spending_switch).values(reason="nothing"), delete(spending_switch)):
        with pytest.raises(IntegrityError, match="append-only"):
            async with stage.database.writer() as transaction:
                await transaction.execute(tampering)
