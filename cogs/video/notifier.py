"""What members see: a job's message is edited, posted again or sent directly, always with the bot's own token.

The token of the command's interaction expires after 15 minutes, and videos may take longer; a message's id stays valid.
Files are streamed: aiohttp reads them in a thread, piece by piece (`aiohttp.payload.IOBasePayload.write`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

import discord
from discord import ui
from discord.abc import Messageable

from bot.clock import Clock
from bot.domain.identifiers import ChannelId, MessageId
from bot.domain.job import Job
from bot.domain.ledger import Balance
from bot.errors import ChannelClosed, MessageGone
from cogs.interactions.discord_errors import calling_discord
from cogs.video.message import job_view
from cogs.video.text import Surroundings, ready_notice
from cogs.wording import limits

EDIT_WITHIN: Final = timedelta(seconds=30)
UPLOAD_WITHIN: Final = timedelta(minutes=5)
MESSAGES_SEARCHED: Final = 500
"""Searched after the command was used. The answer came within seconds, but a busy server posts a lot in that time."""

NOBODY: Final = discord.AllowedMentions.none()

Estimate = Callable[[Job], datetime | None]
"""When a job's video should be ready, or None if unknown."""


class Purpose(StrEnum):
    """What a new message is for; part of the nonce by which Discord recognises a duplicate."""

    POST = "p"
    DIRECT = "d"
    MENTION = "m"


class DiscordNotifier:
    """Fits `bot.services.ports.Notifier`. It needs no cache of guilds, channels or messages."""

    def __init__(self, *, client: discord.Client, clock: Clock, estimate: Estimate) -> None:
        self._client = client
        self._clock = clock
        self._estimate = estimate

    async def edit(self, job: Job, *, balance: Balance) -> None:
        async with calling_discord(EDIT_WITHIN):
            await self._message(job).edit(
                content=None, attachments=[], view=self._view(job, balance), allowed_mentions=NOBODY
            )

    async def edit_with_file(self, job: Job, video: Path, *, balance: Balance) -> None:
        async with _opened(job, video) as file, calling_discord(UPLOAD_WITHIN):
            await self._message(job).edit(
                content=None, attachments=[file], view=self._view(job, balance, file), allowed_mentions=NOBODY
            )

    async def post(self, job: Job, video: Path | None, *, balance: Balance) -> tuple[ChannelId, MessageId]:
        channel = self._client.get_partial_messageable(job.channel_id)
        return await self._create(channel, Purpose.POST, job, video, balance)

    async def send_direct(self, job: Job, video: Path | None, *, balance: Balance) -> tuple[ChannelId, MessageId]:
        async with calling_discord(EDIT_WITHIN):
            channel = await self._client.create_dm(discord.Object(job.requester_id))
        return await self._create(channel, Purpose.DIRECT, job, video, balance)

    async def remove(self, job: Job) -> None:
        async with calling_discord(EDIT_WITHIN):
            await self._message(job).delete()

    async def find_answer(self, job: Job) -> MessageId | None:
        try:
            async with calling_discord(EDIT_WITHIN):
                return await self._search(job)
        except (ChannelClosed, MessageGone):
            return None

    async def mention_requester(self, job: Job) -> None:
        """See the port. In a direct message nothing is sent: the message itself has notified its only reader."""
        if job.is_direct:
            return
        async with calling_discord(EDIT_WITHIN):
            await self._client.get_partial_messageable(job.channel_id).send(
                ready_notice(job),
                allowed_mentions=discord.AllowedMentions(
                    everyone=False, roles=False, replied_user=False, users=[discord.Object(job.requester_id)]
                ),
                suppress_embeds=True,
                nonce=nonce(job, Purpose.MENTION),
            )

    async def tell_directly(self, job: Job) -> None:
        async with calling_discord(EDIT_WITHIN):
            channel = await self._client.create_dm(discord.Object(job.requester_id))
            await channel.send(
                ready_notice(job),
                allowed_mentions=NOBODY,
                suppress_embeds=True,
                nonce=nonce(job, Purpose.MENTION),
            )

    async def _create(
        self, channel: Messageable, purpose: Purpose, job: Job, video: Path | None, balance: Balance
    ) -> tuple[ChannelId, MessageId]:
        """Send a message, or update the one that a process sent before it died without storing its id."""
        mark = nonce(job, purpose)
        if video is None:
            view = self._view(job, balance)
            async with calling_discord(EDIT_WITHIN):
                sent = await channel.send(view=view, allowed_mentions=NOBODY, nonce=mark)
        else:
            async with _opened(job, video) as file, calling_discord(UPLOAD_WITHIN):
                view = self._view(job, balance, file)
                sent = await channel.send(view=view, file=file, allowed_mentions=NOBODY, nonce=mark)
        place = ChannelId(sent.channel.id), MessageId(sent.id)
        if not says_what(sent, view):
            await self._renew(replace(job, channel_id=place[0], message_id=place[1]), video, balance)
        return place

    async def _renew(self, job: Job, video: Path | None, balance: Balance) -> None:
        if video is None:
            await self.edit(job, balance=balance)
        else:
            await self.edit_with_file(job, video, balance=balance)

    async def _search(self, job: Job) -> MessageId | None:
        channel = self._client.get_partial_messageable(job.channel_id)
        after = discord.Object(job.interaction_id)
        async for message in channel.history(after=after, limit=MESSAGES_SEARCHED):
            answered = message.interaction_metadata
            if answered is not None and answered.id == job.interaction_id and message.author == self._client.user:
                return MessageId(message.id)
        return None

    def _message(self, job: Job) -> discord.PartialMessage:
        if job.message_id is None:
            raise MessageGone(f"job {job.id} has no message")
        return self._client.get_partial_messageable(job.channel_id).get_partial_message(job.message_id)

    def _view(self, job: Job, balance: Balance, file: discord.File | None = None) -> ui.LayoutView:
        around = Surroundings(now=self._clock.now(), balance=balance, ready_at=self._estimate(job))
        return job_view(job, around, attachment=file.filename if file else None)


def nonce(job: Job, purpose: Purpose) -> str:
    """The same whenever the same message is sent again: by discord.py's retries, by ours or after a restart.

    It does not include the job's state: a process may die between sending a message and storing its id, and the job may
    have moved on. It does include the replaced message's id, because the replacement may get lost too. For a few
    minutes Discord answers a known nonce with the message that is there, unchanged:
    https://docs.discord.com/developers/resources/message#create-message
    """
    replaced = (job.message_id or 0) >> 16 & 0xFFFFFFF
    return f"{job.id}{purpose}{replaced:x}"[: limits.NONCE]


def says_what(message: discord.Message, view: ui.LayoutView) -> bool:
    """Whether the message shows the texts of the view."""
    shown = [item.content for item in _walk(message.components) if isinstance(item, discord.TextDisplay)]
    return shown == [item.content for item in view.walk_children() if isinstance(item, ui.TextDisplay)]


def _walk(components: Iterable[discord.Component]) -> Iterator[discord.Component]:
    for component in components:
        yield component
        yield from _walk(getattr(component, "children", ()))


@asynccontextmanager
async def _opened(job: Job, video: Path) -> AsyncIterator[discord.File]:
    file = await asyncio.to_thread(discord.File, video, f"video-{job.id}.mp4")
    try:
        yield file
    finally:
        file.close()
