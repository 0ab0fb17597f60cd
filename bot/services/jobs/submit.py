"""Sends queued requests to PowerPost, each at most once: the intention is on disk before the order goes out.

A definite answer ends the job or lets it continue; without one it becomes unconfirmed, and nothing is sent again.
While an account gives no clear answers, its orders wait (`breaker.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Set
from datetime import timedelta
from typing import Any, TypeVar

from bot.clock import Clock
from bot.domain.identifiers import Credits, JobId, LinkId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.domain.outcome import Outcome
from bot.errors import PowerPostError, PowerPostRefusal, PowerPostUnreachable, RateLimited, StorageError
from bot.powerpost.models import Accepted, GenerateOrder
from bot.services.alerts import Alerts
from bot.services.jobs.breaker import Breaker, Step
from bot.services.jobs.failures import failure_of
from bot.services.jobs.outcomes import Outcomes
from bot.services.jobs.schedule import next_to_submit
from bot.services.jobs.upload import Uploader
from bot.services.loops.backoff import Backoff
from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import TaskPool
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Accounts, Jobs, Spending

_log = logging.getLogger(__name__)

Result = TypeVar("Result")

LOOK_EVERY = timedelta(seconds=5)
ACCOUNTS_AT_ONCE = 16
GRACE_AT_STOP = timedelta(seconds=90)
RATE_LIMIT_PAUSE = timedelta(seconds=15)
FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
"""For an account whose last try failed unexpectedly; its other jobs may be fine."""

LONGEST_PAUSE_OF_JOB = timedelta(minutes=5)


class Submitter:
    """One loop over the queue, with one order at a time per PowerPost account.

    `moved` is woken when a job has left the queue, for the loops that continue from there.
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
        wakeup: Wakeup,
        moved: tuple[Wakeup, ...],
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._uploader = uploader
        self._outcomes = outcomes
        self._spending = spending
        self._clock = clock
        self._wakeup = wakeup
        self._moved = moved
        self._leaving = asyncio.Event()
        self._has_left = False
        self._unheard: set[JobId] = set()
        self._breakers: dict[LinkId | None, Breaker] = {}
        self._backoff = Backoff[JobId](clock, first=LOOK_EVERY, longest=LONGEST_PAUSE_OF_JOB)
        retries = Retries[LinkId | None](
            clock,
            alerts=alerts,
            what="the orders of account",
            first=FIRST_PAUSE,
            longest=LONGEST_PAUSE,
            aside=LONGEST_PAUSE,
        )
        self.task_pool = TaskPool[LinkId | None](ACCOUNTS_AT_ONCE, wakeup=wakeup, retries=retries)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._wakeup.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Start the next order of every free account; none while the operator has stopped all spending.

        When there is no room for all accounts, the one whose member has waited longest goes first.
        """
        await self._settle_unheard()
        if await self._spending.is_stopped():
            return
        queued = await self._jobs.in_states(JobState.QUEUED)
        link_ids = dict.fromkeys(job.link_id for job in queued)
        self._forget_breakers(but_for=link_ids.keys())
        for link_id in link_ids:
            waiting = [job for job in queued if job.link_id == link_id]
            await self._show_trouble(link_id, waiting)
            if not self._leaving.is_set() and self.task_pool.has_room and self.task_pool.is_free(link_id):
                self._begin(link_id, waiting)

    def leave(self) -> None:
        """Start no new order from now on, and abandon uploads: they cost nothing and can be repeated."""
        self._has_left = True
        self._leaving.set()

    def pause(self) -> None:
        """The same, until `go_on()`."""
        self._leaving.set()

    def go_on(self) -> None:
        """Start orders again, unless the process is stopping."""
        if not self._has_left:
            self._leaving.clear()

    async def close(self) -> None:
        """Start no new order, and let the current one of each account finish, for up to 90 s."""
        self.leave()
        await self.task_pool.close(GRACE_AT_STOP)
        await self._outcomes.store_left()

    def _begin(self, link_id: LinkId | None, waiting: list[Job]) -> None:
        """Start what the account's trouble allows: an order, a check whether it has recovered, or nothing."""
        match self._breaker(link_id).next_step():
            case Step.ORDER:
                job = next_to_submit(filter(self._is_due, waiting), self._clock.now())
                if job is not None:
                    self.task_pool.start(link_id, self._submit(job))
            case Step.READ:
                self.task_pool.start(link_id, self._read(link_id))
            case Step.WAIT:
                pass

    async def _show_trouble(self, link_id: LinkId | None, waiting: list[Job]) -> None:
        """Let the messages of waiting jobs say until when, and when it is over; once per change."""
        retry_at = self._breaker(link_id).retry_at
        if any(job.trouble_until != retry_at for job in waiting):
            await self._jobs.mark_trouble(link_id, retry_at)
            for wakeup in self._moved:
                wakeup.wake()

    def _forget_breakers(self, but_for: Set[LinkId | None]) -> None:
        """Links come and go; who orders again begins without trouble."""
        for link_id in self._breakers.keys() - but_for:
            if self._breakers[link_id].is_at_rest and self.task_pool.is_free(link_id):
                del self._breakers[link_id]

    def _breaker(self, link_id: LinkId | None) -> Breaker:
        return self._breakers.setdefault(link_id, Breaker(self._clock))

    async def _read(self, link_id: LinkId | None) -> None:
        """Ask for the account's balance: any answer, even a refusal, shows that PowerPost works again."""
        breaker = self._breaker(link_id)
        try:
            balance = await self._unless_leaving(self._accounts.of(link_id).credits())
        except PowerPostRefusal:
            breaker.read(well=True)
        except Exception as error:  # noqa: BLE001  whatever it is, orders keep waiting
            breaker.read(well=False)
            facts = {"action": "orders_wait", "link": link_id, "until": breaker.retry_at, "error": type(error).__name__}
            _log.warning("PowerPost still has trouble", extra=facts)
        else:
            if balance is not None:
                breaker.read(well=True)

    def _is_due(self, job: Job) -> bool:
        """Whether nothing about the job itself puts it off."""
        return job.id not in self._unheard and self._uploader.is_due(job) and self._backoff.is_due(job.id)

    async def _submit(self, queued: Job) -> None:
        """Whatever goes wrong with a job, its account's other jobs go first before it is tried again."""
        try:
            await self._advance(queued)
        except StorageError:
            self._backoff.failed(queued.id, at_most=LOOK_EVERY)
            raise
        except Exception:
            self._backoff.failed(queued.id)
            raise
        self._backoff.succeeded(queued.id)

    async def _advance(self, queued: Job) -> None:
        job: Job | None = queued
        if queued.has_image and queued.source_media_id is None:
            job = await self._unless_leaving(self._uploader.upload(queued))
        if job is not None:
            await self._unless_leaving(self._accounts.of(job.link_id).turn_to_order())
            await self._order(job)
        for wakeup in self._moved:
            wakeup.wake()

    async def _unless_leaving(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Return or raise what `work` does; but as soon as the process is to stop, return None."""
        working, leaving = asyncio.create_task(work), asyncio.create_task(self._leaving.wait())
        try:
            await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
            leaving.cancel()
            await asyncio.wait({working, leaving})
        return None if working.cancelled() else working.result()

    async def _order(self, job: Job) -> None:
        """Order the job, if it is still queued when the intention is on disk: uploading and waiting take time."""
        if self._leaving.is_set():
            return
        submitting = await self._intend(job)
        if submitting is not None:
            breaker = self._breaker(job.link_id)
            breaker.ordered()
            end, changes = await self._outcome(submitting)
            breaker.answered(clearly=_is_clear(end, changes))
            if breaker.retry_at is not None:
                facts = {"action": "orders_wait", "link": job.link_id, "until": breaker.retry_at}
                _log.warning("PowerPost has trouble, orders wait", extra=facts)
            await self._outcomes.store(Outcome(job.id, submitting.ordered_at, end, changes), leaving=self._leaving)

    async def _intend(self, job: Job) -> Job | None:
        """None when the job is not queued any more, or spending is stopped."""
        try:
            return await self._jobs.move(job.id, JobState.QUEUED, JobState.SUBMITTING)
        except StorageError:
            self._unheard.add(job.id)
            raise

    async def _settle_unheard(self) -> None:
        """A connection that broke may have stored an intention all the same; nothing was sent, and nobody else looks.

        Like one that a start finds, the order becomes unconfirmed: it is never sent once that much is on disk.
        """
        for job_id in filter(self._backoff.is_due, list(self._unheard)):
            try:
                moved = await self._jobs.move(job_id, JobState.SUBMITTING, JobState.UNCONFIRMED)
            except StorageError:
                self._backoff.failed(job_id, at_most=LOOK_EVERY)
                continue
            self._unheard.discard(job_id)
            if moved is not None:
                _log.warning("An order was interrupted and is unconfirmed", extra={"action": "settle", "job": job_id})
                for wakeup in self._moved:
                    wakeup.wake()

    async def _outcome(self, job: Job) -> tuple[JobState, JobChanges]:
        """Send the order and return what is certain; anything else leaves it unconfirmed."""
        try:
            accepted = await self._accounts.of(job.link_id).generate(_order_of(job))
        except RateLimited as error:
            pause = error.facts.retry_after or RATE_LIMIT_PAUSE
            return JobState.QUEUED, JobChanges(not_before=self._clock.now() + pause)
        except (PowerPostRefusal, PowerPostUnreachable) as error:
            _log.warning("Order refused", extra={"action": "order_refused", "job": job.id, **_facts(error)})
            return JobState.FAILED, failure_of(error, otherwise=Failure.REQUEST_REFUSED)
        except PowerPostError as error:
            _log.error("Order unconfirmed", extra={"action": "order_unconfirmed", "job": job.id, **_facts(error)})
            return JobState.UNCONFIRMED, _request_id(error)
        except Exception:  # noqa: BLE001  the edge where money is spent: our own bug may strike after the order went out
            _log.exception("Order unconfirmed", extra={"action": "order_unconfirmed", "job": job.id})
            return JobState.UNCONFIRMED, JobChanges()
        _log.info("Order accepted", extra={"action": "order", "job": job.id, "generation": accepted.id})
        return JobState.PROCESSING, self._accepted(accepted)

    def _accepted(self, accepted: Accepted) -> JobChanges:
        changes = JobChanges(generation_id=accepted.id, submitted_at=self._clock.now())
        if accepted.credits_used is not None:
            changes["credits_used"] = Credits(accepted.credits_used)
        return changes


def _is_clear(end: JobState, changes: JobChanges) -> bool:
    """Whether PowerPost answered; knowing that it was never reached does not count."""
    return end is not JobState.UNCONFIRMED and changes.get("failure") is not Failure.UNREACHABLE


def _order_of(job: Job) -> GenerateOrder:
    return GenerateOrder(
        prompt=job.spec.prompt,
        duration=job.spec.duration,
        model=job.spec.model.id,
        size=job.spec.size,
        has_audio=job.spec.audio,
        enhance_prompt=job.spec.enhance,
        source_image=job.source_media_id,
    )


def _request_id(error: PowerPostError) -> JobChanges:
    return JobChanges() if error.facts.request_id is None else JobChanges(request_id=error.facts.request_id)


def _facts(error: PowerPostError) -> dict[str, object]:
    return {"error": type(error).__name__, "status": error.facts.status, "request": error.facts.request_id}
