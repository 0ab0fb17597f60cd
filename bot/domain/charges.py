"""What a job can have done to the PowerPost account behind it, as `evidence.py` reasons about it. Pure.

The spans are deliberately generous: one that is too long only keeps a question open, one that is too short would
answer it wrongly.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.domain.evidence import Order, Span
from bot.domain.job import Failure, Job, JobState
from bot.domain.pricing import BOUND, Price, PriceKey, estimate, price_key

CHARGED_WITHIN = timedelta(minutes=10)
"""After this much silence, an order that has not been carried out never will be."""

REFUNDED_WITHIN = timedelta(hours=1)
"""A generation that was seen to have failed is refunded within this time."""

LOST_REFUNDED_WITHIN = timedelta(days=7)
"""The same for a job that ended here without a failure seen there: given up, or never confirmed."""

FOREVER = datetime.max.replace(tzinfo=UTC)

_UNANSWERED = frozenset({Failure.NEVER_CONFIRMED, Failure.NOT_TAKEN})


def is_doubtful(job: Job) -> bool:
    """Whether PowerPost may have charged for the job without saying so, however that was settled with its guild."""
    waits = job.state in (JobState.SUBMITTING, JobState.UNCONFIRMED)
    return job.generation_id is None and (waits or job.failure in _UNANSWERED)


def order_of(job: Job, learned: Mapping[PriceKey, Price]) -> Order | None:
    """The job's order; None for a job that PowerPost cannot have charged for."""
    if job.ordered_at is None or not (is_doubtful(job) or job.generation_id is not None):
        return None
    lowest, highest = _price(job, learned)
    return Order(
        job_id=job.id,
        lowest=lowest,
        highest=highest,
        charge=Span(job.ordered_at, _charged_until(job)),
        is_charged=job.generation_id is not None,
        refund=_refund(job, job.ordered_at),
        is_refunded=job.generation_id is not None and job.failure is Failure.GENERATION_FAILED,
        generation_id=job.generation_id,
    )


def _price(job: Job, learned: Mapping[PriceKey, Price]) -> tuple[int, int]:
    """What PowerPost charged, else a range around what it charged before, else the whole range of an ordinary charge.

    A price that an operator set, or that recent odd charges contradict, proves nothing about a charge.
    """
    if job.credits_used is not None:
        return job.credits_used, job.credits_used
    key = price_key(job.spec)
    known = learned.get(key)
    if known is not None and known.is_exact:
        return max(known.credits * 4 // 5, 1), max(-(-known.credits * 5 // 4), 1)
    expected = (job.credits_held, estimate(key) or job.credits_held)
    return max(min(expected) // BOUND, 1), max(max(expected) * BOUND, 1)


def _charged_until(job: Job) -> datetime:
    """The latest that the charge can have come.

    Each later move of an unanswered order only makes this later.
    """
    if job.state is JobState.SUBMITTING:
        return FOREVER
    if job.credits_used is not None and job.submitted_at is not None:
        return job.submitted_at
    return (job.submitted_at or job.state_at) + CHARGED_WITHIN


def _refund(job: Job, ordered_at: datetime) -> Span | None:
    """When PowerPost can have refunded the credits; None for a video that was made."""
    if job.state in (JobState.DELIVERING, JobState.COMPLETED):
        return None
    if job.failure is Failure.GENERATION_FAILED:
        return Span(ordered_at, job.state_at + REFUNDED_WITHIN)
    if job.state.is_final:
        return Span(ordered_at, job.state_at + LOST_REFUNDED_WITHIN)
    return Span(ordered_at, FOREVER)
