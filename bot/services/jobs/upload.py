"""Uploads a queued job's picture to PowerPost before its order goes out.

An upload costs nothing, so unlike an order it may be tried again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import JobId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.domain.request import SourceImage
from bot.errors import PowerPostError, PowerPostRefusal, RateLimited, StorageError
from bot.services.alerts import Alerts
from bot.services.jobs.failures import failure_of
from bot.services.loops.backoff import Backoff
from bot.services.ports import Accounts, Jobs

_log = logging.getLogger(__name__)

RATE_LIMIT_PAUSE = timedelta(seconds=15)
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(minutes=5)
TRIES_END_AFTER = timedelta(minutes=30)
UNFORESEEN_TRIES = 5
MOST_REMEMBERED = 10_000


@dataclass(slots=True)
class _Tries:
    """A job's failed tries: since when (monotonic), and how many failed unexpectedly."""

    since: float
    unforeseen: int = 0


class Uploader:
    """Uploads one picture at a time; a failed try leaves the job queued for later, or ends it.

    A job whose upload failed, for whatever reason, is left alone for a while, and others go first: see `is_due`.
    """

    def __init__(self, *, jobs: Jobs, accounts: Accounts, alerts: Alerts, clock: Clock) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._alerts = alerts
        self._clock = clock
        self._backoff = Backoff[JobId](clock, first=FIRST_PAUSE, longest=LONGEST_PAUSE)
        self._tries: dict[JobId, _Tries] = {}

    def is_due(self, job: Job) -> bool:
        """Whether earlier failures allow the job to be tried now."""
        return self._backoff.is_due(job.id)

    async def upload(self, job: Job) -> Job | None:
        """The job with its picture at PowerPost; None when it was put off or ended instead.

        Raises `StorageError`, which is not the job's fault.
        """
        try:
            uploaded = await self._upload(job)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001  whatever it is, other jobs must not wait for this one
            await self._stumbled(job, error)
            return None
        if uploaded is not None:
            self._forget(job)
        return uploaded

    async def _upload(self, job: Job) -> Job | None:
        image = await self._jobs.source_image(job.id)
        if image is None:
            await self._end(job, JobChanges(failure=Failure.IMAGE_REFUSED))
            return None
        try:
            uploaded = await self._send(job, image)
        except RateLimited as error:
            await self._put_off(job, error.facts.retry_after or RATE_LIMIT_PAUSE)
        except PowerPostRefusal as error:
            await self._end(job, failure_of(error, otherwise=Failure.IMAGE_REFUSED))
        except PowerPostError as error:
            await self._put_off_or_end(job, error)
        else:
            return await self._jobs.image_uploaded(job.id, uploaded)
        return None

    async def _send(self, job: Job, image: SourceImage) -> str:
        account = self._accounts.of(job.link_id)
        return (await account.upload_image(image.data, image.filename, image.content_type)).media_id

    async def _put_off_or_end(self, job: Job, error: PowerPostError) -> None:
        """The job ends after half an hour of tries, however long it waited before the first."""
        if self._clock.monotonic() - self._tries_of(job).since > TRIES_END_AFTER.total_seconds():
            await self._end(job, failure_of(error, otherwise=Failure.UNREACHABLE))
        else:
            await self._put_off(job, self._backoff.failed(job.id))

    async def _put_off(self, job: Job, pause: timedelta) -> None:
        _log.info("Upload put off", extra={"action": "upload_later", "job": job.id, "seconds": pause.total_seconds()})
        await self._jobs.note(job.id, not_before=self._clock.now() + pause)

    async def _stumbled(self, job: Job, error: Exception) -> None:
        """After some tries it is clear that the job itself is the problem; nothing was ordered, so it may end."""
        tries = self._tries_of(job)
        tries.unforeseen += 1
        pause = self._backoff.failed(job.id)
        facts = {"action": "upload_failed", "job": job.id, "try": tries.unforeseen, "seconds": pause.total_seconds()}
        _log.error("Upload failed", exc_info=error, extra=facts)
        if tries.unforeseen >= UNFORESEEN_TRIES and await self._end(job, JobChanges(failure=Failure.OUR_MISTAKE)):
            self._alerts.raise_alert(Alert(AlertKind.UPLOAD_GIVEN_UP, job.id))

    async def _end(self, job: Job, changes: JobChanges) -> bool:
        """False when the job was no longer queued."""
        moved = await self._jobs.move(job.id, JobState.QUEUED, JobState.FAILED, **changes)
        self._forget(job)
        return moved is not None

    def _tries_of(self, job: Job) -> _Tries:
        if len(self._tries) >= MOST_REMEMBERED:
            del self._tries[next(iter(self._tries))]
        return self._tries.setdefault(job.id, _Tries(self._clock.monotonic()))

    def _forget(self, job: Job) -> None:
        self._tries.pop(job.id, None)
        self._backoff.succeeded(job.id)
