"""Checks the videos that PowerPost is making, in one loop, within each key's budget of requests.

The jobs come from the database, so a restart continues where the last process was.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import JobId, LinkId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.domain.patience import Reason
from bot.errors import (
    AccessForbidden,
    InsufficientScope,
    InvalidApiKey,
    NotFound,
    PowerPostError,
    UnreadableAnswer,
)
from bot.powerpost.models import Generation, Status
from bot.services.alerts import Alerts
from bot.services.jobs.schedule import SHORTEST_INTERVAL, Watch, interval, next_to_look_at
from bot.services.loops.backoff import Backoff
from bot.services.loops.patience import Patience, Waits
from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import TaskPool
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Accounts, Jobs

_log = logging.getLogger(__name__)

LOOKS_AT_ONCE = 8
LONGEST_SLEEP = timedelta(seconds=5)
AFTER_A_FAILED_LOOK = timedelta(seconds=10)
GIVEN_UP_AFTER = timedelta(hours=24)
"""How long PowerPost must have answered that it is still working."""

UNKNOWN_GIVEN_UP_AFTER = timedelta(minutes=20)
"""How long PowerPost must have answered that it has no such video."""

REFUSED_GIVEN_UP_AFTER = timedelta(days=7)
"""How long PowerPost must have refused the account's key; its links to videos would have expired by then, too."""

UNREADABLE_TOLD_AFTER = timedelta(hours=1)
"""How long nobody can have read what PowerPost answers. The video may be made and charged, so it is not given up."""


class Poller:
    """One loop over everything that is processing; `finished` is woken when a job has moved on.

    A generation is given up only on PowerPost's answers, several times over a span: not because it is old, nor because
    a check failed. Answers that stay unreadable are told to the operator.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        accounts: Accounts,
        alerts: Alerts,
        waits: Waits,
        clock: Clock,
        wakeup: Wakeup,
        finished: tuple[Wakeup, ...],
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._alerts = alerts
        self._clock = clock
        self._wakeup = wakeup
        self._finished = finished
        self._due_at: dict[JobId, float] = {}
        self._making = Patience(waits=waits, reason=Reason.MAKING, enough=GIVEN_UP_AFTER, clock=clock)
        self._unknown = Patience(waits=waits, reason=Reason.UNKNOWN, enough=UNKNOWN_GIVEN_UP_AFTER, clock=clock)
        self._refused = Patience(waits=waits, reason=Reason.REFUSED, enough=REFUSED_GIVEN_UP_AFTER, clock=clock)
        self._unreadable = Patience(waits=waits, reason=Reason.UNREADABLE, enough=UNREADABLE_TOLD_AFTER, clock=clock)
        self._backoff = Backoff[LinkId | None](clock, first=timedelta(seconds=5), longest=timedelta(minutes=2))
        retries = Retries[JobId](clock, alerts=alerts, first=timedelta(seconds=2), longest=timedelta(minutes=2))
        self.task_pool = TaskPool[JobId](LOOKS_AT_ONCE, wakeup=wakeup, retries=retries)

    async def run(self) -> None:
        while True:
            await self._wakeup.wait(await self.step())

    async def step(self) -> timedelta:
        """Start the checks that are due and within budget; returns how long until the next is due."""
        processing = await self._jobs.in_states(JobState.PROCESSING)
        for patience in (self._making, self._unknown, self._refused, self._unreadable):
            await patience.watch([job.id for job in processing])
        self._due_at = {job.id: self._due_at.get(job.id) or self._first_look(job) for job in processing}
        accounts = {job.link_id for job in processing if self._backoff.is_due(job.link_id)}
        waits = [self._spend(link_id, [job for job in processing if job.link_id == link_id]) for link_id in accounts]
        return min(waits, default=LONGEST_SLEEP)

    def _spend(self, link_id: LinkId | None, jobs: list[Job]) -> timedelta:
        """Start one check for an account, if one is due and there is room; returns how long to wait for the next."""
        watches = {Watch(job.id, self._due_at[job.id]): job for job in jobs if self.task_pool.is_free(job.id)}
        watch = next_to_look_at(watches)
        if watch is None or not self.task_pool.has_room:
            return LONGEST_SLEEP
        account = self._accounts.of(link_id)
        due_in = timedelta(seconds=watch.due_at - self._clock.monotonic())
        wait = max(due_in, account.wait_for_look())
        if wait > timedelta(0):
            return min(wait, LONGEST_SLEEP)
        account.take_look()
        self._due_at[watch.job_id] = self._in(AFTER_A_FAILED_LOOK)
        self.task_pool.start(watch.job_id, self._look(watches[watch]))
        return timedelta(0)

    def _first_look(self, job: Job) -> float:
        """At once, unless the job was ordered a moment ago."""
        age = self._clock.now() - (job.submitted_at or job.state_at)
        return self._in(min(max(SHORTEST_INTERVAL - age, timedelta(0)), SHORTEST_INTERVAL))

    def _in(self, pause: timedelta) -> float:
        return self._clock.monotonic() + pause.total_seconds()

    async def _look(self, job: Job) -> None:
        if job.generation_id is None:
            return
        try:
            generation = await self._accounts.of(job.link_id).generation(job.generation_id)
        except NotFound:
            await self._unreadable.forget([job.id])
            await self._wait_on(job, self._unknown)
        except UnreadableAnswer:
            if await self._unreadable.see(job.id):
                self._alerts.raise_alert(Alert(AlertKind.GENERATION_UNREADABLE, job.id))
            raise  # says nothing about the account's other videos
        except (InvalidApiKey, AccessForbidden, InsufficientScope) as error:
            self._leave_alone(job, error)
            await self._wait_on(job, self._refused)
        except PowerPostError as error:
            self._leave_alone(job, error)
        else:
            self._backoff.succeeded(job.link_id)
            await self._apply(job, generation)

    async def _apply(self, job: Job, generation: Generation) -> None:
        match generation.status:
            case Status.COMPLETED:
                await self._move(job, JobState.DELIVERING, _result(generation))
            case Status.FAILED:
                await self._move(job, JobState.FAILED, _reason(generation))
            case _:
                for patience in (self._unknown, self._refused, self._unreadable):
                    await patience.forget([job.id])
                await self._wait_on(job, self._making)

    async def _wait_on(self, job: Job, patience: Patience) -> None:
        """PowerPost has answered, but the video is not finished: keep waiting, or give up."""
        is_over = await patience.see(job.id)
        self._due_at[job.id] = self._in(interval(patience.span(job.id)))
        if is_over:
            _log.error(
                "Generation given up", extra={"action": "give_up", "job": job.id, "after": str(patience.span(job.id))}
            )
            if await self._move(job, JobState.FAILED, JobChanges(failure=Failure.GENERATION_LOST)):
                self._alerts.raise_alert(Alert(AlertKind.GENERATION_GIVEN_UP, job.id))

    async def _move(self, job: Job, end: JobState, changes: JobChanges) -> bool:
        """False, with nothing changed, when somebody else has moved the job meanwhile."""
        if await self._jobs.move(job.id, JobState.PROCESSING, end, **changes) is None:
            return False
        _log.info("Generation ended", extra={"action": "generation_ended", "job": job.id, "state": end})
        for wakeup in self._finished:
            wakeup.wake()
        return True

    def _leave_alone(self, job: Job, error: PowerPostError) -> None:
        pause = self._backoff.failed(job.link_id)
        facts = {"error": type(error).__name__, "status": error.facts.status, "request": error.facts.request_id}
        _log.warning(
            "PowerPost did not answer, trying again",
            extra={"action": "look_later", "job": job.id, "seconds": pause.total_seconds(), **facts},
        )


def _result(generation: Generation) -> JobChanges:
    changes = JobChanges()
    if generation.video is not None:
        changes["video_url"] = generation.video.url
        if generation.video.media_id is not None:
            changes["media_id"] = generation.video.media_id
    return changes


def _reason(generation: Generation) -> JobChanges:
    changes = JobChanges(failure=Failure.GENERATION_FAILED)
    if generation.error is not None and generation.error.message:
        changes["failure_detail"] = generation.error.message
    return changes
