"""Bringing a job before its requester's eyes, whatever became of the message, the channel or the server.

The ladder: the job's own message → a new message in the channel → a direct message → nothing but `/history`.
On each rung a video is attached, or shown by its link where Discord does not take the file.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from weakref import WeakValueDictionary

from bot.domain.identifiers import ChannelId, JobId, MessageId
from bot.domain.job import Delivery, Job
from bot.domain.ledger import Balance
from bot.errors import DiscordError, DiscordUnavailable, FileTooLarge, MessageGone
from bot.services.ports import Books, Notifier

_log = logging.getLogger(__name__)

ANSWER_SETTLES_WITHIN = timedelta(seconds=20)
"""How long the command's own answer may take to be sent and stored before a job without a message gets a new one."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Where a job is shown now; without `message_id` it is only in the member's history."""

    delivery: Delivery
    channel_id: ChannelId | None = None
    message_id: MessageId | None = None


class Presenter:
    """Climbs the ladder; hold `lock(job_id)` around reading a job and showing it, so that no older face wins."""

    def __init__(self, *, notifier: Notifier, books: Books) -> None:
        self._notifier = notifier
        self._books = books
        self._locks: WeakValueDictionary[JobId, asyncio.Lock] = WeakValueDictionary()

    def lock(self, job_id: JobId) -> asyncio.Lock:
        return self._locks.setdefault(job_id, asyncio.Lock())

    async def present(self, job: Job, video: Path | None = None) -> Shown:
        """Show the job as it is; with `video`, show that too.

        Raises `DiscordUnavailable` when it is worth trying again, and `StorageError`.
        """
        balance = await self._books.balance(job.guild_id)
        if video is not None:
            try:
                return await self._climb(job, Delivery.ATTACHED, video, balance)
            except FileTooLarge:
                _log.info("File too large here, linking it", extra={"action": "link_video", "job": job.id})
        return await self._climb(job, Delivery.LINKED, None, balance)

    async def _climb(self, job: Job, delivery: Delivery, video: Path | None, balance: Balance) -> Shown:
        job = replace(job, delivery=delivery)
        for rung in (self._in_place, self._in_channel, self._directly):
            try:
                channel_id, message_id = await rung(job, video, balance)
            except (DiscordUnavailable, FileTooLarge):
                raise
            except DiscordError as error:
                _log.info(
                    "A way to show the job is closed",
                    extra={"action": "next_rung", "job": job.id, "rung": rung.__name__, "error": type(error).__name__},
                )
            else:
                return Shown(delivery, channel_id, message_id)
        return Shown(Delivery.HISTORY)

    async def _in_place(self, job: Job, video: Path | None, balance: Balance) -> tuple[ChannelId, MessageId]:
        message_id = job.message_id or await self._notifier.find_answer(job)
        if message_id is None:
            raise MessageGone(f"job {job.id} has no message")
        job = replace(job, message_id=message_id)
        if video is None:
            await self._notifier.edit(job, balance=balance)
        else:
            await self._notifier.edit_with_file(job, video, balance=balance)
        return job.channel_id, message_id

    async def _in_channel(self, job: Job, video: Path | None, balance: Balance) -> tuple[ChannelId, MessageId]:
        return await self._notifier.post(job, video, balance=balance)

    async def _directly(self, job: Job, video: Path | None, balance: Balance) -> tuple[ChannelId, MessageId]:
        return await self._notifier.send_direct(job, video, balance=balance)


def is_answer_pending(job: Job, now: datetime) -> bool:
    """Whether the command's own answer may still be on its way."""
    return job.message_id is None and now - job.created_at < ANSWER_SETTLES_WITHIN
