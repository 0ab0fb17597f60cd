"""Which job comes next: pure decisions for the loops that order and check.

Checking: PowerPost advises checking a video every 10 seconds for up to 20 minutes. A new job is checked a little more
often, since the budget of requests allows it, and one that takes unusually long more and more rarely.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.identifiers import JobId
from bot.domain.job import SLOW_AFTER, Job

SHORTEST_INTERVAL = timedelta(seconds=2)
LONGEST_INTERVAL = timedelta(seconds=10)
LONGEST_SLOW_INTERVAL = timedelta(minutes=30)


def next_to_submit(queued: Iterable[Job], now: datetime) -> Job | None:
    """The job to order next: of those that may go now, the one that has waited longest."""
    return min((job for job in queued if _may_go(job, now)), key=lambda job: job.created_at, default=None)


def _may_go(job: Job, now: datetime) -> bool:
    """A pause is ignored if the clock has since been set back, or it could last for hours."""
    was_set_back = max(job.created_at, job.state_at) > now
    return job.not_before is None or job.not_before <= now or was_set_back


@dataclass(frozen=True, slots=True)
class Watch:
    """A job at PowerPost, and when to check it next (seconds of the monotonic clock)."""

    job_id: JobId
    due_at: float


def interval(age: timedelta) -> timedelta:
    """How long until the next check of a job that PowerPost has been seen working on for `age`."""
    if age >= SLOW_AFTER:
        return min(age / 20, LONGEST_SLOW_INTERVAL)
    return max(SHORTEST_INTERVAL, min(age / 10, LONGEST_INTERVAL))


def next_to_look_at(watches: Iterable[Watch]) -> Watch | None:
    """The job to check next: the one that has been due longest, or will be due first."""
    return min(watches, key=lambda watch: watch.due_at, default=None)
