"""An operator settles an unconfirmed order: with the id of its video, or as never charged.

Guarded moves, so it works while the bot runs: its loops find the job in its new state and continue from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from bot.clock import Clock
from bot.domain.identifiers import Credits, JobId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.errors import GenerationTaken, NotFound, PowerPostError, ResolutionRefused
from bot.powerpost.models import Generation
from bot.services.ports import Jobs

LARGEST_PRICE = 1_000_000
"""Credits; more than any video can cost, so that a typo does not empty a server's wallet."""

LookUp = Callable[[str], Awaitable[Generation]]
"""Asks PowerPost for a generation in the operator's workspace; raises a `PowerPostError`."""


class Resolve:
    """Both ways out of `unconfirmed`. Raises `ResolutionRefused`, with nothing changed, or `StorageError`."""

    def __init__(self, *, jobs: Jobs, clock: Clock) -> None:
        self._jobs = jobs
        self._clock = clock

    async def attach(
        self, job_id: JobId, generation: UUID, look_up: LookUp | None, charged: Credits | None = None
    ) -> Job:
        """Let the job continue with this video; without `look_up`, the operator's word is taken for it.

        `charged` is what PowerPost charged, which the job then settles to; None settles to the estimate.
        """
        if charged is not None and not 1 <= charged <= LARGEST_PRICE:
            raise ResolutionRefused(
                f"A video costs 1 to {LARGEST_PRICE:,} credits, not {charged:,}. If PowerPost charged nothing, use "
                "--not-charged."
            )
        job = await self._unconfirmed(job_id)
        if look_up is not None:
            await _require_generation(job, generation, look_up)
        changes = JobChanges(generation_id=str(generation), submitted_at=self._clock.now())
        if charged is not None:
            changes["credits_used"] = charged
        try:
            return await self._move(job_id, JobState.PROCESSING, changes)
        except GenerationTaken:
            raise ResolutionRefused(f"Generation {generation} already belongs to another job.") from None

    async def not_charged(self, job_id: JobId) -> Job:
        """End the job and give its credits back."""
        await self._unconfirmed(job_id)
        return await self._move(job_id, JobState.FAILED, JobChanges(failure=Failure.NOT_TAKEN))

    async def _move(self, job_id: JobId, end: JobState, changes: JobChanges) -> Job:
        """Raises `ResolutionRefused` when somebody else has settled the job meanwhile."""
        moved = await self._jobs.move(job_id, JobState.UNCONFIRMED, end, **changes)
        if moved is None:
            await self._unconfirmed(job_id)
            raise ResolutionRefused(f"Job {job_id} could not be moved; please try again. Nothing was changed.")
        return moved

    async def _unconfirmed(self, job_id: JobId) -> Job:
        job = await self._jobs.get(job_id)
        if job is None:
            raise ResolutionRefused(f"There is no job {job_id}.")
        if job.state is not JobState.UNCONFIRMED:
            raise ResolutionRefused(f"Job {job_id} is {job.state}; only an unconfirmed job can be resolved.")
        return job


async def _require_generation(job: Job, generation: UUID, look_up: LookUp) -> None:
    if job.link_id is not None:
        raise ResolutionRefused(
            f"Job {job.id} was ordered on its server's own account, which this command cannot check. "
            "If you are sure of the id, add --unchecked."
        )
    try:
        await look_up(str(generation))
    except NotFound:
        raise ResolutionRefused(f"PowerPost has no generation {generation} in this workspace.") from None
    except PowerPostError as error:
        raise ResolutionRefused(
            f"PowerPost could not check it: {error}. If you are sure of the id, add --unchecked."
        ) from error
