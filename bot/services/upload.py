"""Brings the picture of a queued job to PowerPost before its order goes out.

An upload costs nothing, so unlike the order it may be tried again.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.clock import Clock
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.domain.request import SourceImage
from bot.errors import PowerPostError, PowerPostRefusal, RateLimited
from bot.services.failures import failure_of
from bot.services.ports import Accounts, Jobs

_log = logging.getLogger(__name__)

RATE_LIMIT_PAUSE = timedelta(seconds=15)
RETRY_PAUSE = timedelta(seconds=10)
TRIES_END_AFTER = timedelta(minutes=30)


class Uploader:
    """Uploads one picture at a time; a failed try leaves the job queued for later, or ends it."""

    def __init__(self, *, jobs: Jobs, accounts: Accounts, clock: Clock) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._clock = clock

    async def upload(self, job: Job) -> Job | None:
        """The job with its picture at PowerPost; None when it was put off or ended instead."""
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
        provider = self._accounts.provider(job.link_id)
        return (await provider.upload_image(image.data, image.filename, image.content_type)).media_id

    async def _put_off_or_end(self, job: Job, error: PowerPostError) -> None:
        if self._clock.now() - job.created_at > TRIES_END_AFTER:
            await self._end(job, failure_of(error, otherwise=Failure.UNREACHABLE))
        else:
            await self._put_off(job, RETRY_PAUSE)

    async def _put_off(self, job: Job, pause: timedelta) -> None:
        _log.info("Upload put off", extra={"action": "upload_later", "job": job.id, "seconds": pause.total_seconds()})
        await self._jobs.note(job.id, not_before=self._clock.now() + pause)

    async def _end(self, job: Job, changes: JobChanges) -> None:
        await self._jobs.move(job.id, JobState.QUEUED, JobState.FAILED, **changes)
