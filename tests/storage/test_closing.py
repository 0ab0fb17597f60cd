"""Orders of unknown outcome: when they were sent, whose video is whose, and what was written off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.domain.evidence import Observation
from bot.domain.identifiers import GuildId
from bot.domain.job import Failure, Job, JobState
from bot.errors import GenerationTaken
from storage import observations as observations_module
from storage.job_lists import JobLists
from storage.observations import AccountObservations
from tests.storage.stage import GUILD, Stage, a_request


async def unconfirmed(stage: Stage, held: int = 15) -> Job:
    job = await stage.advance(await stage.accept(held), JobState.SUBMITTING)
    moved = await stage.jobs.move(job.id, JobState.SUBMITTING, JobState.UNCONFIRMED)
    assert moved is not None
    return moved


async def test_an_order_has_the_time_at_which_it_was_sent_last(stage: Stage) -> None:
    await stage.grant(100)
    job = await stage.advance(await stage.accept(), JobState.SUBMITTING)
    assert job.ordered_at == stage.clock.now()

    await stage.jobs.move(job.id, JobState.SUBMITTING, JobState.QUEUED)
    stage.clock.move(timedelta(minutes=1))
    again = await stage.jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING)

    assert again is not None
    assert again.ordered_at == stage.clock.now()


async def test_a_generation_belongs_to_one_job(stage: Stage) -> None:
    await stage.grant(100)
    first, second = await unconfirmed(stage), await unconfirmed(stage)
    attach = (JobState.UNCONFIRMED, JobState.PROCESSING)
    await stage.jobs.move(first.id, *attach, generation_id="a video")

    with pytest.raises(GenerationTaken):
        await stage.jobs.move(second.id, *attach, generation_id="a video")

    assert await stage.jobs.get(second.id) == second


async def test_an_order_never_confirmed_is_written_off_and_its_credits_are_back(stage: Stage) -> None:
    await stage.grant(100)
    job = await unconfirmed(stage)
    end = (JobState.UNCONFIRMED, JobState.FAILED)

    assert await stage.jobs.move(job.id, *end, failure=Failure.NEVER_CONFIRMED) is not None
    assert await stage.jobs.move(job.id, *end, failure=Failure.NEVER_CONFIRMED) is None

    [loss] = await JobLists(database=stage.database).write_offs()
    assert (loss.job_id, loss.amount, loss.at) == (job.id, 15, stage.clock.now())
    assert (await stage.ledger.balance(GUILD)).available == 100
    assert await stage.ledger.written_off() == 15
    assert await stage.ledger.verify() == []


async def test_an_order_that_was_not_taken_is_no_loss(stage: Stage) -> None:
    await stage.grant(100)
    job = await unconfirmed(stage)
    await stage.jobs.move(job.id, JobState.UNCONFIRMED, JobState.FAILED, failure=Failure.NOT_TAKEN)
    assert await stage.ledger.written_off() == 0
    assert await stage.ledger.verify() == []


@pytest.mark.parametrize(
    ("tampering", "finding"),
    [
        ("UPDATE write_offs SET amount = 1", "1 credits written off, not 15"),
        ("DELETE FROM write_offs", "0 credits written off, not 15"),
        ("UPDATE jobs SET failure = 'not_taken'", "15 credits written off, not 0"),
    ],
)
async def test_verify_holds_what_was_written_off_against_the_jobs(stage: Stage, tampering: str, finding: str) -> None:
    await stage.grant(100)
    job = await unconfirmed(stage)
    await stage.jobs.move(job.id, JobState.UNCONFIRMED, JobState.FAILED, failure=Failure.NEVER_CONFIRMED)
    async with stage.database.writer() as transaction:
        await transaction.execute(text(tampering))

    [problem] = await stage.ledger.verify()
    assert finding in problem


async def test_jobs_are_listed_newest_first_by_state_and_guild(stage: Stage) -> None:
    await stage.grant(100)
    jobs = []
    for _ in range(3):
        jobs.append(await stage.accept(1))
        stage.clock.move(timedelta(seconds=1))
    lost = await unconfirmed(stage, held=1)
    lists = JobLists(database=stage.database)

    assert [job.id for job in await lists.newest(limit=3)] == [lost.id, jobs[2].id, jobs[1].id]
    assert list(await lists.newest(states=[JobState.UNCONFIRMED], guild_id=GUILD, limit=9)) == [lost]
    assert await lists.newest(guild_id=GuildId(7), limit=9) == []


async def test_observations_come_back_in_order_and_only_the_newest_are_kept(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observations_module, "KEPT", 3)
    observations = AccountObservations(database=stage.database)
    made = [Observation(100 - number, stage.clock.now(), stage.clock.now(), f"g{number}") for number in range(5)]

    await observations.remember(made[:2])
    await observations.remember(made[2:])

    assert await observations.all() == made[2:]


async def test_orders_are_those_that_can_have_changed_the_operators_account_since(stage: Stage) -> None:
    await stage.grant(1000)
    long_ago = await stage.advance(await stage.accept(), JobState.COMPLETED)
    still_open = await unconfirmed(stage)
    stage.clock.move(timedelta(days=30))
    begun = stage.clock.now()
    recent = await stage.advance(await stage.accept(), JobState.COMPLETED)
    never_ordered = await stage.accept()
    link_id = await stage.link()
    linked = await stage.advance(await stage.accept(1, a_request(link_id=link_id)), JobState.PROCESSING)

    orders = {job.id for job in await AccountObservations(database=stage.database).orders_since(begun)}

    assert orders == {still_open.id, recent.id}
    assert orders.isdisjoint({long_ago.id, never_ordered.id, linked.id})
