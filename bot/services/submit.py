"""Sends queued wishes to PowerPost, each at most once: the intention is on disk before the order goes out.

What is certain ends the job or lets it go on; what is not certain makes it unconfirmed, and nothing is sent again.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from bot.clock import Clock
from bot.domain.identifiers import Credits, LinkId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.domain.outcome import Outcome
from bot.errors import PowerPostError, PowerPostRefusal, PowerPostUnreachable, RateLimited
from bot.powerpost.models import Accepted, GenerateOrder
from bot.services.alerts import Alerts
from bot.services.bell import Bell
from bot.services.crew import Crew
from bot.services.failures import failure_of
from bot.services.outcomes import Outcomes
from bot.services.ports import Accounts, Jobs, Spending
from bot.services.retries import Retries
from bot.services.schedule import next_to_submit
from bot.services.upload import Uploader

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=5)
ACCOUNTS_AT_ONCE = 16
GRACE_AT_STOP = timedelta(seconds=90)
RATE_LIMIT_PAUSE = timedelta(seconds=15)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
"""For an account whose last try failed unforeseen; its other jobs may be sound."""


class Submitter:
    """One loop over the queue; for each PowerPost account one order is under way at a time.

    `moved` is rung when a job has left the queue, for the loops that take it from there.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        accounts: Accounts,
        uploader: Uploader,
        outcomes: Outcomes,
        alerts: Alerts,
        spending: Spending,
        clock: Clock,
        bell: Bell,
        moved: tuple[Bell, ...],
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._uploader = uploader
        self._outcomes = outcomes
        self._spending = spending
        self._clock = clock
        self._bell = bell
        self._moved = moved
        self._leaving = asyncio.Event()
        retries = Retries[LinkId | None](
            clock,
            alerts=alerts,
            what="the orders of account",
            first=FIRST_PAUSE,
            longest=LONGEST_PAUSE,
            aside=LONGEST_PAUSE,
        )
        self.crew = Crew[LinkId | None](ACCOUNTS_AT_ONCE, bell=bell, retries=retries)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._bell.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Begin the next order of every account that is free; none while the operator has stopped all spending."""
        if await self._spending.is_stopped():
            return
        queued = await self._jobs.in_states(JobState.QUEUED)
        for link_id in {job.link_id for job in queued}:
            if self._leaving.is_set() or not self.crew.has_room or not self.crew.is_free(link_id):
                continue
            job = next_to_submit([job for job in queued if job.link_id == link_id], self._clock.now())
            if job is not None:
                self.crew.start(link_id, self._submit(job))

    async def close(self) -> None:
        """Begin no new order, and let the one under way for each account end: up to 90 s."""
        self._leaving.set()
        await self.crew.close(GRACE_AT_STOP)

    async def _submit(self, queued: Job) -> None:
        job: Job | None = queued
        if queued.has_image and queued.source_media_id is None:
            job = await self._uploader.upload(queued)
        if job is not None:
            await self._wait_for_turn(job)
            await self._order(job)
        for bell in self._moved:
            bell.ring()

    async def _wait_for_turn(self, job: Job) -> None:
        """Return when the budget allows an order, or when the process is leaving, which may not wait for that."""
        turn = asyncio.create_task(self._accounts.provider(job.link_id).turn_to_order())
        leaving = asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait({turn, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            turn.cancel()
            leaving.cancel()
            await asyncio.wait({turn, leaving})

    async def _order(self, job: Job) -> None:
        """Order it, if it is still queued once the intention is on disk: an upload and a turn take their time."""
        if self._leaving.is_set():
            return
        submitting = await self._jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING)
        if submitting is not None:
            end, changes = await self._outcome(submitting)
            await self._outcomes.store(Outcome(job.id, submitting.ordered_at, end, changes), leaving=self._leaving)

    async def _outcome(self, job: Job) -> tuple[JobState, JobChanges]:
        """Send the order, and tell what is certain of it; whatever else happened leaves it unconfirmed."""
        try:
            accepted = await self._accounts.provider(job.link_id).generate(_order_of(job))
        except RateLimited as error:
            pause = error.facts.retry_after or RATE_LIMIT_PAUSE
            return JobState.QUEUED, JobChanges(not_before=self._clock.now() + pause)
        except (PowerPostRefusal, PowerPostUnreachable) as error:
            _log.warning("Order refused", extra={"action": "order_refused", "job": job.id, **_facts(error)})
            return JobState.FAILED, failure_of(error, otherwise=Failure.REQUEST_REFUSED)
        except PowerPostError as error:
            _log.error("Order unconfirmed", extra={"action": "order_unconfirmed", "job": job.id, **_facts(error)})
            return JobState.UNCONFIRMED, _request_id(error)
        except Exception:  # noqa: BLE001  the edge where money is spent: a mistake of ours may come after the order left
            _log.exception("Order unconfirmed", extra={"action": "order_unconfirmed", "job": job.id})
            return JobState.UNCONFIRMED, JobChanges()
        _log.info("Order accepted", extra={"action": "order", "job": job.id, "generation": accepted.id})
        return JobState.PROCESSING, self._accepted(accepted)

    def _accepted(self, accepted: Accepted) -> JobChanges:
        changes = JobChanges(generation_id=accepted.id, submitted_at=self._clock.now())
        if accepted.credits_used is not None:
            changes["credits_used"] = Credits(accepted.credits_used)
        return changes


def _order_of(job: Job) -> GenerateOrder:
    return GenerateOrder(
        prompt=job.request.prompt,
        duration=job.request.duration,
        model=job.request.model.id,
        size=job.request.size,
        has_audio=job.request.audio,
        enhance_prompt=job.request.enhance,
        source_image=job.source_media_id,
    )


def _request_id(error: PowerPostError) -> JobChanges:
    return JobChanges() if error.facts.request_id is None else JobChanges(request_id=error.facts.request_id)


def _facts(error: PowerPostError) -> dict[str, object]:
    return {"error": type(error).__name__, "status": error.facts.status, "request": error.facts.request_id}
