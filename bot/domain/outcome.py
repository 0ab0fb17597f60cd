"""The outcome of an order, and where it takes its job, even one that somebody else has moved meanwhile. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.identifiers import JobId
from bot.domain.job import Failure, Job, JobChanges, JobState


@dataclass(frozen=True, slots=True)
class Outcome:
    """The job of an order belongs in the state `end`, with `changes`.

    `ordered_at` tells this order from another one of the same job, which is ordered again after a rate limit.
    """

    job_id: JobId
    ordered_at: datetime | None
    end: JobState
    changes: JobChanges

    @property
    def generation_id(self) -> str | None:
        return self.changes.get("generation_id")

    @property
    def from_unconfirmed(self) -> tuple[JobState, JobChanges] | None:
        """Where the outcome takes a job that was marked unconfirmed meanwhile; None: it stays.

        An order that PowerPost certainly did not accept ends there: an unconfirmed job is never ordered again.
        """
        if self.end is JobState.UNCONFIRMED:
            return None
        if self.end is JobState.QUEUED:
            return JobState.FAILED, JobChanges(failure=Failure.NOT_TAKEN)
        return self.end, self.changes

    def is_of(self, job: Job) -> bool:
        """Whether this is the outcome of the job's last order."""
        return self.job_id == job.id and self.ordered_at == job.ordered_at

    def is_in(self, job: Job) -> bool:
        """Whether the job already shows what the outcome says; only a video that was made must not be missing."""
        return self.generation_id in (None, job.generation_id)
