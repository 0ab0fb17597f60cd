"""A job's record: what is accepted, how it moves, and what can be asked about it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import insert, update

from bot.domain.identifiers import ChannelId, Credits, GuildId, JobId, MessageId, UserId, new_job_id
from bot.domain.job import SLOW_AFTER, Delivery, Failure, Job, JobState, MessageState
from bot.domain.ledger import Balance, Pool
from bot.domain.options import AtOnce
from bot.errors import InsufficientCredits
from bot.services.ports import Jobs, Ledger
from storage.job_rows import row_of
from storage.tables import jobs
from tests.storage.stage import GUILD, MEMBER, PICTURE, Stage, a_request

NOBODY = JobId("0" * 16)


def test_stores_fit_the_ports_of_the_services(stage: Stage) -> None:
    ports: tuple[Jobs, Ledger] = (stage.jobs, stage.ledger)
    assert ports


async def test_accept_records_everything_about_the_request(stage: Stage) -> None:
    await stage.grant(100)
    request = a_request("a cat in the rain 🌧", audio=True, image=PICTURE)

    job = await stage.jobs.accept(request, Credits(23))

    assert job == await stage.jobs.get(job.id)
    assert (job.spec, job.guild_id, job.requester_id) == (request.spec, request.guild_id, request.requester_id)
    assert (job.state, job.credits_held, job.has_image) == (JobState.QUEUED, 23, True)
    assert job.created_at == job.state_at == stage.clock.now()
    assert await stage.jobs.source_image(job.id) == PICTURE
    assert await stage.ledger.balance(GUILD) == Balance(
        available=Credits(77), reserved=Credits(23), granted=Credits(100)
    )


async def test_accept_keeps_text_that_databases_refuse(stage: Stage) -> None:
    await stage.grant(100)
    job = await stage.accept(request=a_request("a \0cat \ud83d"))
    assert job.spec.prompt == "a cat"


async def test_accept_refuses_what_the_guild_cannot_afford_and_leaves_nothing(stage: Stage) -> None:
    await stage.grant(14)

    with pytest.raises(InsufficientCredits) as refusal:
        await stage.jobs.accept(a_request(image=PICTURE), Credits(15))

    assert (refusal.value.needed, refusal.value.available) == (15, 14)
    assert await stage.jobs.in_states(*JobState) == []
    assert await stage.ledger.balance(GUILD) == Balance(available=Credits(14), granted=Credits(14))
    assert await stage.ledger.verify() == []


async def test_accept_in_a_guild_never_heard_of_is_refused_as_too_poor(stage: Stage) -> None:
    with pytest.raises(InsufficientCredits) as refusal:
        await stage.accept()
    assert refusal.value.available == 0


async def test_accept_two_hundred_at_once_sells_just_what_is_there(stage: Stage) -> None:
    await stage.grant(150)

    answers = await asyncio.gather(*(stage.accept(15) for _ in range(200)), return_exceptions=True)

    refusals = [answer for answer in answers if isinstance(answer, InsufficientCredits)]
    assert (len(answers) - len(refusals), len(refusals)) == (10, 190)
    assert await stage.ledger.balance(GUILD) == Balance(reserved=Credits(150), granted=Credits(150))
    assert await stage.ledger.verify() == []


async def test_accept_on_the_guilds_own_account_needs_no_granted_credits(stage: Stage) -> None:
    job = await stage.jobs.accept(a_request(link_id=await stage.link()), Credits(15))
    await stage.advance(job, JobState.COMPLETED, used=20)

    assert await stage.ledger.balance(GUILD) == Balance()
    assert await stage.ledger.balance(GUILD, Pool.LINKED) == Balance(available=Credits(-20), spent=Credits(20))
    assert await stage.ledger.verify() == []


async def test_move_records_the_changes_and_the_time(stage: Stage) -> None:
    await stage.grant(100)
    job = await stage.accept()
    stage.clock.move(timedelta(seconds=3))

    moved = await stage.jobs.move(
        job.id, JobState.QUEUED, JobState.FAILED, failure=Failure.UNREACHABLE, failure_detail="no route"
    )

    assert moved is not None
    assert moved == await stage.jobs.get(job.id)
    assert (moved.state, moved.failure, moved.failure_detail) == (JobState.FAILED, Failure.UNREACHABLE, "no route")
    assert (moved.created_at, moved.state_at) == (job.created_at, stage.clock.now())


async def test_move_is_won_by_one_of_two_racers(stage: Stage) -> None:
    await stage.grant(100)
    job = await stage.accept()

    outcomes = await asyncio.gather(
        stage.jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING),
        stage.jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED),
    )

    assert outcomes.count(None) == 1
    assert await stage.ledger.verify() == []


async def test_move_that_is_not_allowed_is_our_own_mistake(stage: Stage) -> None:
    with pytest.raises(ValueError, match="from completed to queued"):
        await stage.jobs.move(NOBODY, JobState.COMPLETED, JobState.QUEUED)


@pytest.mark.parametrize(("end", "used"), [(JobState.COMPLETED, 20), (JobState.COMPLETED, None)])
async def test_move_to_completed_spends_the_real_price_or_else_the_hold(
    stage: Stage, end: JobState, used: int | None
) -> None:
    await stage.grant(15)
    await stage.advance(await stage.accept(15), end, used)

    spent = used or 15
    assert await stage.ledger.balance(GUILD) == Balance(
        available=Credits(15 - spent), spent=Credits(spent), granted=Credits(15)
    )
    assert await stage.ledger.verify() == []


async def test_move_to_completed_again_changes_nothing(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.advance(await stage.accept(15), JobState.DELIVERING, used=12)
    settled = await stage.jobs.move(job.id, JobState.DELIVERING, JobState.COMPLETED)
    entries = await stage.ledger.entries(GUILD)

    assert await stage.jobs.move(job.id, JobState.DELIVERING, JobState.COMPLETED) is None

    assert settled == await stage.jobs.get(job.id)
    assert await stage.ledger.entries(GUILD) == entries


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.CANCELLED])
async def test_move_to_a_sad_end_gives_the_credits_back(stage: Stage, end: JobState) -> None:
    await stage.grant(15)
    job = await stage.accept(15)

    await stage.jobs.move(job.id, JobState.QUEUED, end)

    assert await stage.ledger.balance(GUILD) == Balance(available=Credits(15), granted=Credits(15))
    assert [entry.actor for entry in await stage.ledger.entries(GUILD)] == ["operator", f"user:{MEMBER}", "bot"]
    assert await stage.ledger.verify() == []


async def test_picture_is_dropped_when_powerpost_has_it(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.accept(15, a_request(image=PICTURE))

    uploaded = await stage.jobs.image_uploaded(job.id, "media-1")

    assert uploaded is not None
    assert (uploaded.source_media_id, uploaded.has_image) == ("media-1", True)
    assert await stage.jobs.source_image(job.id) is None
    assert await stage.jobs.image_uploaded(NOBODY, "media-1") is None


async def test_picture_is_dropped_when_the_job_ends_without_it(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.accept(15, a_request(image=PICTURE))
    await stage.jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED)
    assert await stage.jobs.source_image(job.id) is None


async def test_note_records_facts_and_leaves_the_state(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.accept()

    noted = await stage.jobs.note(
        job.id,
        channel_id=ChannelId(5),
        message_id=MessageId(2**63 - 1),
        shown=MessageState.QUEUED,
        delivery=Delivery.LINKED,
    )

    assert noted is not None
    assert noted == await stage.jobs.get(job.id)
    assert (noted.state, noted.channel_id, noted.message_id) == (JobState.QUEUED, 5, 2**63 - 1)
    assert (noted.shown, noted.delivery) == (MessageState.QUEUED, Delivery.LINKED)
    assert await stage.jobs.note(job.id) == noted
    assert await stage.jobs.note(NOBODY, shown=MessageState.QUEUED) is None


async def test_in_states_lists_the_oldest_first(stage: Stage) -> None:
    await stage.grant(45)
    first, second, third = [await _later(stage) for _ in range(3)]
    await stage.advance(second, JobState.SUBMITTING)
    await stage.jobs.move(third.id, JobState.QUEUED, JobState.CANCELLED)

    open_jobs = await stage.jobs.in_states(JobState.QUEUED, JobState.SUBMITTING)

    assert [job.id for job in open_jobs] == [first.id, second.id]
    assert await stage.jobs.in_states(JobState.UNCONFIRMED) == []


async def test_latest_of_lists_the_members_own_newest_first(stage: Stage) -> None:
    await stage.grant(100)
    own = [await _later(stage) for _ in range(3)]
    await stage.accept(1, a_request(requester_id=UserId(8)))

    latest = await stage.jobs.latest_of(GUILD, MEMBER, 2)

    assert [job.id for job in latest] == [own[2].id, own[1].id]
    assert await stage.jobs.latest_of(GuildId(1), MEMBER, 2) == []


def a_double(job: Job) -> Job:
    """The same for another interaction."""
    return replace(job, id=new_job_id(), interaction_id=a_request().interaction_id)


async def test_unshown_says_what_the_job_itself_says(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.accept()
    now = stage.clock.now()
    variations = [
        replace(a_double(job), state=state, shown=shown, submitted_at=submitted_at, trouble_until=trouble_until)
        for state in JobState
        for shown in (None, *MessageState)
        for submitted_at in (None, now - SLOW_AFTER, now - SLOW_AFTER + timedelta(microseconds=1))
        for trouble_until in (None, now)
    ]
    async with stage.database.writer() as transaction:
        await transaction.execute(insert(jobs).values([row_of(variation) for variation in variations]))

    found = {job.id for job in await stage.jobs.unshown(now)}

    unwatched = (JobState.DELIVERING, JobState.COMPLETED)
    unshown = {
        other.id for other in variations if other.state not in unwatched and other.shown != other.message_state(now)
    }
    assert found == unshown | {job.id}


async def test_trouble_is_marked_on_the_queued_jobs_of_one_account_and_shown_once(stage: Stage) -> None:
    await stage.grant(100)
    waiting, ordered = await stage.accept(), await stage.advance(await stage.accept(), JobState.SUBMITTING)
    linked = await stage.accept(request=a_request(link_id=await stage.link()))
    for job in (waiting, ordered, linked):
        await stage.jobs.note(job.id, shown=MessageState.QUEUED)
    until = stage.clock.now() + timedelta(seconds=30)

    await stage.jobs.mark_trouble(None, until)

    now = stage.clock.now()
    assert [(job.id, job.message_state(now)) for job in await stage.jobs.unshown(now)] == [
        (waiting.id, MessageState.TROUBLE)
    ]
    await stage.jobs.note(waiting.id, shown=MessageState.TROUBLE)
    await stage.jobs.mark_trouble(None, until)
    assert await stage.jobs.unshown(now) == []

    await stage.jobs.mark_trouble(None, until + timedelta(minutes=1))
    assert [job.id for job in await stage.jobs.unshown(now)] == [waiting.id]
    await stage.jobs.note(waiting.id, shown=MessageState.TROUBLE)
    await stage.jobs.mark_trouble(None, None)
    assert [(job.id, job.message_state(now)) for job in await stage.jobs.unshown(now)] == [
        (waiting.id, MessageState.QUEUED)
    ]


async def test_trouble_of_a_linked_account_is_its_own(stage: Stage) -> None:
    await stage.grant(100)
    operators, link_id = await stage.accept(), await stage.link()
    linked = await stage.accept(request=a_request(link_id=link_id))
    until = stage.clock.now()

    await stage.jobs.mark_trouble(link_id, until)

    found = {job.id: job.trouble_until for job in await stage.jobs.in_states(JobState.QUEUED)}
    assert found == {operators.id: None, linked.id: until}


async def test_job_of_a_model_withdrawn_since_can_still_be_read(stage: Stage) -> None:
    await stage.grant(15)
    job = await stage.accept()
    async with stage.database.writer() as transaction:
        await transaction.execute(update(jobs).where(jobs.c.id == job.id).values(model="kling-1.0"))

    old = await stage.jobs.get(job.id)

    assert old is not None
    assert (old.spec.model.name, old.spec.duration) == ("kling-1.0", job.spec.duration)


async def _later(stage: Stage) -> Job:
    stage.clock.move(timedelta(seconds=1))
    return await stage.accept(1)


async def test_an_interaction_delivered_twice_is_one_job_with_one_hold(stage: Stage) -> None:
    await stage.grant(100)
    request = a_request(image=PICTURE)
    first = await stage.jobs.accept(request, Credits(15))
    moved = await stage.jobs.move(first.id, JobState.QUEUED, JobState.SUBMITTING)

    again = await stage.jobs.accept(request, Credits(15))

    assert again == moved
    assert (await stage.ledger.balance(GUILD)).reserved == 15
    assert await stage.ledger.verify() == []


@pytest.mark.parametrize("granted", [15, 100])
async def test_the_same_interaction_raced_by_two_transactions_is_one_job(stage: Stage, granted: int) -> None:
    """With 15 credits the loser of the race finds that they cannot afford what they have just got."""
    await stage.grant(granted)
    request = a_request()

    jobs = await asyncio.gather(*(stage.jobs.accept(request, Credits(15)) for _ in range(5)))

    assert {job.id for job in jobs} == {jobs[0].id}
    assert (await stage.ledger.balance(GUILD)).reserved == 15
    assert await stage.ledger.verify() == []


async def test_a_repeated_interaction_is_told_of_its_job_whatever_the_rules_say_now(stage: Stage) -> None:
    await stage.grant(100)
    request = a_request()
    first = await stage.jobs.accept(request, Credits(15), AtOnce(member=1))

    assert (await stage.jobs.accept(request, Credits(15), AtOnce(member=1))).id == first.id
