"""Shows a job to its requester, whatever has happened to the message, the channel or the server.

The ladder: the job's own message → a new message in the channel → a direct message → only `/history`.
On each rung a video is attached, or linked where Discord does not accept the file.

If one place is closed, try the next. If Discord is down, raise, and the caller retries. The exception: an edit that
Discord itself keeps putting off gives way to a new message, since edits of messages older than an hour are scarce.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from weakref import WeakValueDictionary

from bot.clock import Clock
from bot.domain.identifiers import ChannelId, JobId, MessageId
from bot.domain.job import Delivery, Job, JobState
from bot.domain.ledger import Balance
from bot.errors import (
    DiscordError,
    DiscordRejected,
    DiscordUnavailable,
    DiscordUnreachable,
    FileTooLarge,
    MessageGone,
    PermissionMissing,
)
from bot.services.loops.since import Since
from bot.services.messages.upload_limits import UploadLimits
from bot.services.ports import Ledger, Notifier

_log = logging.getLogger(__name__)

ANSWER_SETTLES_WITHIN = timedelta(seconds=20)
"""How long sending and storing the command's own answer may take before a job without a message gets a new one."""

EDIT_PATIENCE = timedelta(minutes=10)
"""How long a finished video waits for an edit before it gets a new message, or for an upload that keeps breaking off
before it is linked."""

NOT_TAKEN = (FileTooLarge, PermissionMissing, DiscordRejected)
"""Reasons to refuse a file where the same message without it may be accepted."""

Place = tuple[ChannelId, MessageId]


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a job is shown now; without `message_id`, only in the member's history."""

    delivery: Delivery
    channel_id: ChannelId | None = None
    message_id: MessageId | None = None
    is_direct: bool = False


class Presenter:
    """Climbs the ladder; hold `lock(job_id)` while reading and showing a job, so that no older state wins."""

    def __init__(self, *, notifier: Notifier, ledger: Ledger, clock: Clock) -> None:
        self._notifier = notifier
        self._ledger = ledger
        self._limits = UploadLimits(clock)
        self._unanswered = Since[JobId](clock)
        self._put_off = Since[JobId](clock)
        self._locks: WeakValueDictionary[JobId, asyncio.Lock] = WeakValueDictionary()

    def lock(self, job_id: JobId) -> asyncio.Lock:
        return self._locks.setdefault(job_id, asyncio.Lock())

    def is_answer_pending(self, job: Job) -> bool:
        """Whether the command's own answer may still arrive."""
        return job.message_id is None and self._unanswered.passed(job.id) < ANSWER_SETTLES_WITHIN

    async def present(self, job: Job, video: Path | None = None) -> Shown:
        """Show the job as it is; with `video`, show that too.

        Raises `DiscordUnavailable` when it is worth trying again, and `StorageError`.
        """
        balance = await self._ledger.balance(job.guild_id)
        for rung in (self._in_place, self._in_channel, self._directly):
            try:
                shown = await rung(job, video, balance)
            except DiscordUnavailable as error:
                if rung != self._in_place or isinstance(error, DiscordUnreachable) or not self._has_waited(job):
                    raise
                _log_closed(job, rung.__name__, error)
            except DiscordError as error:
                _log_closed(job, rung.__name__, error)
            else:
                self._put_off.forget(job.id)
                return shown
        return Shown(Delivery.HISTORY)

    async def _in_place(self, job: Job, video: Path | None, balance: Balance) -> Shown:
        placed = replace(job, message_id=job.message_id or await self._notifier.find_answer(job))
        return await self._show(placed, video, partial(self._edit, balance=balance), is_direct=job.is_direct)

    async def _in_channel(self, job: Job, video: Path | None, balance: Balance) -> Shown:
        post = partial(self._notifier.post, balance=balance)
        shown = await self._show(job, video, post, is_direct=job.is_direct)
        await self._take_away_old(job)
        return shown

    async def _directly(self, job: Job, video: Path | None, balance: Balance) -> Shown:
        return await self._show(job, video, partial(self._notifier.send_direct, balance=balance), is_direct=True)

    async def _edit(self, job: Job, video: Path | None, *, balance: Balance) -> Place:
        if job.message_id is None:
            raise MessageGone(f"job {job.id} has no message")
        if video is None:
            await self._notifier.edit(job, balance=balance)
        else:
            await self._notifier.edit_with_file(job, video, balance=balance)
        return job.channel_id, job.message_id

    async def _show(
        self, job: Job, video: Path | None, act: Callable[[Job, Path | None], Awaitable[Place]], *, is_direct: bool
    ) -> Shown:
        """Attach the video if this place accepts it, else link it."""
        guild_id = None if is_direct else job.guild_id
        if video is not None and await self._limits.may_take(guild_id, video):
            try:
                place = await act(replace(job, delivery=Delivery.ATTACHED), video)
                return Shown(Delivery.ATTACHED, *place, is_direct)
            except (*NOT_TAKEN, DiscordUnreachable) as error:
                if isinstance(error, DiscordUnreachable) and not self._has_waited(job):
                    raise
                facts = {"action": "link_video", "job": job.id, "error": f"{type(error).__name__}: {error}"}
                _log.info("File not accepted here, linking it", extra=facts)
                if isinstance(error, FileTooLarge):
                    await self._limits.refused(guild_id, video)
        place = await act(replace(job, delivery=Delivery.LINKED), None)
        return Shown(Delivery.LINKED, *place, is_direct)

    async def _take_away_old(self, job: Job) -> None:
        """A message that was replaced would otherwise stay outdated forever."""
        if job.message_id is None:
            return
        try:
            await self._notifier.remove(job)
        except DiscordError as error:
            _log.debug("Old message stays", extra={"action": "remove_old", "job": job.id, "error": str(error)})

    def _has_waited(self, job: Job) -> bool:
        return job.state is JobState.COMPLETED and self._put_off.passed(job.id) > EDIT_PATIENCE


def _log_closed(job: Job, rung: str, error: DiscordError) -> None:
    facts = {"action": "next_rung", "job": job.id, "rung": rung.strip("_"), "error": f"{type(error).__name__}: {error}"}
    _log.info("A way to show the job is closed", extra=facts)
