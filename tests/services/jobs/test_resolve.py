"""An operator settles what PowerPost never confirmed; whatever does not fit the job is refused and changes nothing."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from bot.domain.identifiers import Credits, JobId
from bot.domain.job import Failure, Job, JobState
from bot.errors import ResolutionRefused
from bot.powerpost.models import GenerateOrder
from bot.services.jobs.resolve import Resolve
from sandbox.powerpost.faults import Answer
from tests.services.stage import GRANTED, LOOK, Stage

ORDER = GenerateOrder(prompt="a cat", duration=5, model="kling-3.0-pro")


@pytest.fixture
def resolve(stage: Stage) -> Resolve:
    return Resolve(jobs=stage.jobs, clock=stage.clock)


@pytest.fixture
async def lost(stage: Stage) -> Job:
    """A job whose order was never answered."""
    job = await stage.accept()
    await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    return await stage.move(job, JobState.SUBMITTING, JobState.UNCONFIRMED)


async def test_a_video_that_powerpost_has_is_attached(stage: Stage, resolve: Resolve, lost: Job) -> None:
    made = await stage.paying.generate(ORDER)

    job = await resolve.attach(lost.id, UUID(made.id), stage.paying.generation)

    assert (job.state, job.generation_id) == (JobState.PROCESSING, made.id)
    assert job.submitted_at == stage.clock.now()
    assert (await stage.balance()).reserved == 15


async def test_a_video_settles_to_the_price_that_the_operator_gives(stage: Stage, resolve: Resolve, lost: Job) -> None:
    made = await stage.paying.generate(ORDER)

    job = await resolve.attach(lost.id, UUID(made.id), stage.paying.generation, Credits(40))

    delivering = await stage.finish(job)
    await stage.move(delivering, JobState.DELIVERING, JobState.COMPLETED)
    balance = await stage.balance()
    assert (balance.spent, balance.reserved, balance.available) == (40, 0, GRANTED - 40)


@pytest.mark.parametrize("price", [0, -5, 1_000_001])
async def test_a_price_that_no_video_has_is_refused(stage: Stage, resolve: Resolve, lost: Job, price: int) -> None:
    with pytest.raises(ResolutionRefused, match="1 to 1,000,000 credits"):
        await resolve.attach(lost.id, uuid4(), None, Credits(price))
    assert await stage.now(lost) == lost


async def test_what_was_not_charged_gives_the_credits_back(stage: Stage, resolve: Resolve, lost: Job) -> None:
    job = await resolve.not_charged(lost.id)

    assert (job.state, job.failure) == (JobState.FAILED, Failure.NOT_TAKEN)
    assert (await stage.balance()).available == GRANTED
    assert await stage.ledger.written_off() == 0
    with pytest.raises(ResolutionRefused, match="is failed; only an unconfirmed job"):
        await resolve.not_charged(lost.id)


async def test_a_video_that_powerpost_does_not_have_is_refused(stage: Stage, resolve: Resolve, lost: Job) -> None:
    with pytest.raises(ResolutionRefused, match="has no generation"):
        await resolve.attach(lost.id, uuid4(), stage.paying.generation)
    assert await stage.now(lost) == lost


async def test_while_powerpost_cannot_be_asked_only_unchecked_ids_are_taken(
    stage: Stage, resolve: Resolve, lost: Job
) -> None:
    stage.powerpost.faults.add(LOOK, Answer(401, {"error": {"code": "INVALID_API_KEY", "message": "No"}}))
    with pytest.raises(ResolutionRefused, match="add --unchecked"):
        await resolve.attach(lost.id, uuid4(), stage.paying.generation)

    assert (await resolve.attach(lost.id, uuid4(), None)).state is JobState.PROCESSING


async def test_a_video_of_another_job_is_refused(stage: Stage, resolve: Resolve, lost: Job) -> None:
    other = await stage.order()
    with pytest.raises(ResolutionRefused, match="belongs to another job"):
        await resolve.attach(lost.id, UUID(other.generation_id), stage.paying.generation)
    assert await stage.now(lost) == lost


async def test_a_job_that_is_not_there_or_not_unconfirmed_is_refused(stage: Stage, resolve: Resolve) -> None:
    with pytest.raises(ResolutionRefused, match="There is no job nothing"):
        await resolve.not_charged(JobId("nothing"))
    with pytest.raises(ResolutionRefused, match="is queued"):
        await resolve.attach((await stage.accept()).id, uuid4(), None)
