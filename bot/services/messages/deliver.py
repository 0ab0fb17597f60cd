"""Delivers finished videos to their members: downloaded, shown by the ladder of `present.py`, then settled.

Whatever happens on the way, the job ends completed and its credits are settled: the video was made and paid for.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.domain.identifiers import JobId
from bot.domain.job import Delivery, Job, JobChanges, JobState, MessageState
from bot.domain.options import CompletionMention
from bot.domain.patience import Reason
from bot.errors import (
    DiscordError,
    DiscordUnavailable,
    DiscordUnreachable,
    DownloadFailed,
    LinkExpired,
    PowerPostError,
    StorageError,
)
from bot.services.alerts import Alerts
from bot.services.loops.patience import Patience, Waits
from bot.services.loops.retries import Retries
from bot.services.loops.task_pool import TaskPool
from bot.services.loops.wakeup import Wakeup
from bot.services.messages.present import Presenter, Shown
from bot.services.ports import Accounts, Jobs, Notifier, Options

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(seconds=2)
AT_ONCE = 3
GIVEN_UP_AFTER = timedelta(hours=24)
"""How long Discord itself must have answered that the video cannot be shown now."""


class Deliverer:
    """One loop over the jobs whose video is ready; `videos` is the folder where files wait to be sent.

    When it cannot be stored that a video was shown, only the storing is tried again, not the download or the showing.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        accounts: Accounts,
        presenter: Presenter,
        notifier: Notifier,
        options: Options,
        alerts: Alerts,
        waits: Waits,
        clock: Clock,
        wakeup: Wakeup,
        videos: Path,
    ) -> None:
        self._jobs = jobs
        self._accounts = accounts
        self._presenter = presenter
        self._notifier = notifier
        self._options = options
        self._wakeup = wakeup
        self._videos = videos
        self._patience = Patience(waits=waits, reason=Reason.NOT_SHOWN, enough=GIVEN_UP_AFTER, clock=clock)
        self._shown: dict[JobId, Shown] = {}
        retries = Retries[JobId](clock, alerts=alerts, first=timedelta(seconds=2), longest=timedelta(minutes=2))
        self.task_pool = TaskPool[JobId](AT_ONCE, wakeup=wakeup, retries=retries)

    async def run(self) -> None:
        while True:
            await self.step()
            await self._wakeup.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Begin the deliveries that there is room for: those that failed least first, of those the oldest."""
        waiting = await self._jobs.in_states(JobState.DELIVERING)
        await self._patience.watch([job.id for job in waiting])
        for job in sorted(waiting, key=lambda job: self.task_pool.failures(job.id)):
            is_due = self.task_pool.is_free(job.id) and not self._presenter.is_answer_pending(job)
            if self.task_pool.has_room and is_due:
                self.task_pool.start(job.id, self._deliver(job))
        for job_id in self._shown.keys() - {job.id for job in waiting}:  # stored, although the database said no
            if self.task_pool.has_room and self.task_pool.is_free(job_id):
                self.task_pool.start(job_id, self._settle(job_id))

    async def _deliver(self, job: Job) -> None:
        if job.id not in self._shown:
            await self._bring(job)
        if job.id in self._shown:
            await self._settle(job.id)

    async def _bring(self, job: Job) -> None:
        job, video = await self._fetch(job)
        try:
            await self._show(job, video)
        finally:
            if video is not None:
                video.unlink(missing_ok=True)

    async def _fetch(self, job: Job) -> tuple[Job, Path | None]:
        """The job with a working link, and its video on disk; no video when it could not be downloaded."""
        video = self._videos / f"{job.id}.mp4"
        account = self._accounts.of(job.link_id)
        for try_again in (True, False):
            try:
                await account.download(job.video_url or "", video)
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
            generation = await self._accounts.of(job.link_id).generation(job.generation_id or "")
        except PowerPostError as error:
            self._log("No fresh link", "fresh_link_failed", job, error)
            return job
        if generation.video is None:
            return job
        return await self._jobs.note(job.id, video_url=generation.video.url) or job

    async def _show(self, fetched: Job, video: Path | None) -> None:
        async with self._presenter.lock(fetched.id):
            job = await self._jobs.get(fetched.id)  # during the download, its message may have moved
            if job is None or job.state is not JobState.DELIVERING:
                return
            shown = await self._present(replace(job, state=JobState.COMPLETED), video)
            if shown.delivery is Delivery.HISTORY:
                await self._with_fresh_link(job)  # the history shows it for as long as the link lasts
            self._shown[job.id] = shown

    async def _settle(self, job_id: JobId) -> None:
        """Store that the video was shown, then notify its requester."""
        shown = self._shown[job_id]
        moved = await self._jobs.move(job_id, JobState.DELIVERING, JobState.COMPLETED, **_changes(shown))
        job = moved or await self._jobs.get(job_id)
        del self._shown[job_id]
        if job is not None:
            _log.info("Video delivered", extra={"action": "deliver", "job": job_id, "delivery": shown.delivery})
            await self._mention(job, shown)

    async def _present(self, job: Job, video: Path | None) -> Shown:
        """Raises `DiscordUnavailable` while it is worth trying again; after a day of that, only the history has it."""
        try:
            return await self._presenter.present(job, video)
        except DiscordUnreachable:
            raise
        except DiscordUnavailable:
            if await self._patience.see(job.id):
                return Shown(Delivery.HISTORY)
            raise

    async def _mention(self, job: Job, shown: Shown) -> None:
        """As the server's admins chose: in the channel, by direct message, or not at all."""
        if shown.message_id is None or shown.is_direct:
            return
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
    changes = JobChanges(delivery=shown.delivery, shown=MessageState.COMPLETED)
    if shown.message_id is not None and shown.channel_id is not None:
        changes |= JobChanges(channel_id=shown.channel_id, message_id=shown.message_id, is_direct=shown.is_direct)
    return changes
