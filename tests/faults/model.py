"""What the ledger must say, computed a second time as simply as possible; the state machine compares the two."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.identifiers import Credits, JobId
from bot.domain.job import JobState
from bot.domain.ledger import Balance


@dataclass(slots=True)
class ModelJob:
    """A job, its hold, and what PowerPost charged if that is known."""

    state: JobState
    held: int
    used: int | None = None

    @property
    def price(self) -> int:
        return self.held if self.used is None else self.used


@dataclass(slots=True)
class Model:
    """A server's credits, each sum recounted from what happened."""

    granted: int = 0
    revoked: int = 0
    jobs: dict[JobId, ModelJob] = field(default_factory=dict)

    @property
    def spent(self) -> int:
        return sum(job.price for job in self.jobs.values() if job.state is JobState.COMPLETED)

    @property
    def reserved(self) -> int:
        return sum(job.held for job in self.jobs.values() if not job.state.is_final)

    @property
    def available(self) -> int:
        return self.granted - self.revoked - self.spent - self.reserved

    @property
    def balance(self) -> Balance:
        sums = (self.available, self.reserved, self.spent, self.granted, self.revoked)
        return Balance(*(Credits(amount) for amount in sums))

    @property
    def states(self) -> dict[JobId, JobState]:
        return {job_id: job.state for job_id, job in self.jobs.items()}

    def recover(self) -> None:
        """What a start does to orders that were being sent."""
        for job in self.jobs.values():
            if job.state is JobState.SUBMITTING:
                job.state = JobState.UNCONFIRMED
