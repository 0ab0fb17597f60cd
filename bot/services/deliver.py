"""Brings finished videos to their members: fetched to disk, shown by the ladder of `show.py`, then settled.

Whatever happens on the way, the job ends completed and its credits settled: the video was made and paid for.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.domain.identifiers import JobId
from bot.domain.job import Delivery, Face, Job, JobChanges, JobState
from bot.domain.options import CompletionMention
from bot.errors import DiscordError, DiscordUnavailable, DownloadFailed, LinkExpired, PowerPostError, StorageError
from bot.services.backoff import Backoff
from bot.services.bell import Bell
from bot.services.crew import Crew
from bot.services.ports import Accounts, Jobs, Notifier, Options
from bot.services.show import Presenter, Shown, is_answer_pending

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
AT_ONCE = 3
GIVEN_UP_AFTER = timedelta(hours=24)


class Deliverer:
    """One loop over the jobs whose video is ready; `videos` is the folder where files wait to be sent."""

    def __init__(
        self,
        *,
        jobs: Jobs,
        accounts: Accounts,
        presenter: Presenter,
        notifier: Notifier,
        options: Options,
        clock: Clock,
        bell: Bell,
        videos: Path,
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._presenter = presenter
        self._notifier = notifier
        self._options = options
        self._clock = clock
        self._bell = bell
        self._videos = videos
        self._backoff = Backoff[JobId](clock, first=timedelta(seconds=2), longest=timedelta(minutes=2))
        self.crew = Crew[JobId](AT_ONCE, bell=bell)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._bell.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Begin the deliveries that there is room for, oldest first."""
        now = self._clock.now()
        for job in await self._jobs.in_states(JobState.DELIVERING):
            waits = is_answer_pending(job, now) or self.crew.is_busy(job.id) or not self._backoff.is_due(job.id)
            if self.crew.has_room and not waits:
                self.crew.start(job.id, self._deliver(job))

    async def _deliver(self, job: Job) -> None:
        job, video = await self._fetch(job)
        try:
            await self._show(job, video)
        finally:
            if video is not None:
                video.unlink(missing_ok=True)

    async def _fetch(self, job: Job) -> tuple[Job, Path | None]:
        """The job with a link that works, and its video on disk; no video when it could not be fetched."""
        video = self._videos / f"{job.id}.mp4"
        provider = self._accounts.provider(job.link_id)
        for try_again in (True, False):
            try:
                await provider.download(job.video_url or "", video)
            except LinkExpired:
                job = await self._with_fresh_link(job) if try_again else job
            except DownloadFailed as error:
                self._log("Video not fetched, linking it", "download_failed", job, error)
                return job, None
            else:
                return job, video
        return job, None

    async def _with_fresh_link(self, job: Job) -> Job:
        try:
            generation = await self._accounts.provider(job.link_id).generation(job.generation_id or "")
        except PowerPostError as error:
            self._log("No fresh link", "fresh_link_failed", job, error)
            return job
        if generation.video is None:
            return job
        return await self._jobs.note(job.id, video_url=generation.video.url) or job

    async def _show(self, fetched: Job, video: Path | None) -> None:
        async with self._presenter.lock(fetched.id):
            job = await self._jobs.get(fetched.id)  # while the video was fetched, its message may have moved
            if job is None or job.state is not JobState.DELIVERING:
                return
            finished = replace(job, state=JobState.COMPLETED)
            shown = await self._present(finished, video)
            if shown is None:
                return
            if shown.delivery is Delivery.HISTORY:
                await self._with_fresh_link(job)  # the history shows it for as long as it lives
            await self._jobs.move(job.id, JobState.DELIVERING, JobState.COMPLETED, **_changes(shown))
            self._backoff.succeeded(job.id)
            _log.info("Video delivered", extra={"action": "deliver", "job": job.id, "delivery": shown.delivery})
            await self._mention(finished, shown)

    async def _present(self, job: Job, video: Path | None) -> Shown | None:
        """None while it is worth trying again; after a day the video is left to the member's history."""
        try:
            return await self._presenter.present(job, video)
        except DiscordUnavailable as error:
            self._log("Video not shown yet, trying again", "deliver_later", job, error)
            if self._clock.now() - job.state_at > GIVEN_UP_AFTER:
                return Shown(Delivery.HISTORY)
            self._backoff.failed(job.id)
            return None

    async def _mention(self, job: Job, shown: Shown) -> None:
        """As the server's admins have chosen: in the channel, by direct message, or not at all."""
        if shown.message_id is None or shown.is_direct:
            return
        job = replace(job, message_id=shown.message_id)
        try:
            match (await self._options.of(job.guild_id)).completion_mention:
                case CompletionMention.HERE:
                    await self._notifier.mention_requester(job)
                case CompletionMention.DIRECT:
                    await self._notifier.tell_directly(job)
                case CompletionMention.OFF:
                    pass
        except (DiscordError, StorageError) as error:
            self._log("Requester not mentioned", "mention_failed", job, error)

    def _log(self, message: str, action: str, job: Job, error: Exception) -> None:
        _log.warning(message, extra={"action": action, "job": job.id, "error": f"{type(error).__name__}: {error}"})


def _changes(shown: Shown) -> JobChanges:
    changes = JobChanges(delivery=shown.delivery, shown=Face.COMPLETED)
    if shown.message_id is not None and shown.channel_id is not None:
        changes |= JobChanges(channel_id=shown.channel_id, message_id=shown.message_id, is_direct=shown.is_direct)
    return changes
