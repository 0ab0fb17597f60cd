"""`/video`: from the command to the recorded wish and its first answer, always within Discord's three seconds.

    checks that need no I/O ──▶ picture read, wish recorded, credits held ──▶ answer
                                   └─ not done after 2 s: "thinking" first, the answer when it is done

A refusal is private unless Discord had to be told to wait: an announced answer cannot become private any more. If no
answer can be given, the recorded wish stays, and the services show it in a message of its own.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import discord
from discord import app_commands, ui
from discord.app_commands import Choice, Transform
from discord.ext import commands

from bot.clock import Clock
from bot.domain.catalogue import DEFAULT_MODEL, Size
from bot.domain.identifiers import GuildId, InteractionId, MessageId
from bot.domain.job import Job
from bot.domain.ledger import Balance
from bot.domain.request import VideoRequest, make_request
from bot.domain.wish import Wish
from bot.errors import DiscordError, StorageError
from bot.services.accept import Accept
from bot.services.ports import Books
from cogs.answers import ANSWER_WITHIN, Interaction
from cogs.discord_errors import calling_discord
from cogs.funnel import explain
from cogs.place import Place, place_of, require_room_for_video
from cogs.tasks import OwnedTasks
from cogs.video.attachment import ReadImage, check_declared
from cogs.video.message import job_view, refusal_view
from cogs.video.options import MODEL_CHOICES, SIZE_CHOICES, PromptOption, duration_choices, parse_size
from cogs.video.text import Surroundings

_log = logging.getLogger(__name__)

ANSWER_AFTER: Final = timedelta(seconds=2)
"""From the member's Enter; the third second of Discord's three is left to the network."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A recorded job, and the server's balance if it could be read afterwards."""

    job: Job
    balance: Balance | None


class VideoCog(commands.Cog):
    """The command itself. `drain()` waits for wishes on their way into the books and for their answers."""

    def __init__(self, *, accept: Accept, books: Books, read_image: ReadImage, clock: Clock) -> None:
        self._accept = accept
        self._books = books
        self._read_image = read_image
        self._clock = clock
        self._tasks = OwnedTasks()

    async def drain(self) -> None:
        await self._tasks.drain()

    @app_commands.command(name="video", description="Make a short video from a description, or from a picture.")
    @app_commands.describe(
        prompt="What should happen in the video?",
        model="Which model makes it (Kling 3.0 Pro unless you choose another)",
        duration="How many seconds (the model’s shortest unless you choose)",
        size="Landscape or portrait (landscape unless you choose)",
        audio="With sound? Not every model can.",
        enhance="Let PowerPost improve the prompt first?",
        image="A picture to animate: JPEG, PNG or WebP, up to 10 MB",
    )
    @app_commands.choices(model=MODEL_CHOICES, size=SIZE_CHOICES)
    async def video(
        self,
        interaction: Interaction,
        *,
        prompt: Transform[str, PromptOption],
        model: str = DEFAULT_MODEL.id,
        duration: int | None = None,
        size: str = Size.LANDSCAPE.value,
        audio: bool = False,
        enhance: bool = False,
        image: discord.Attachment | None = None,
    ) -> None:
        place = place_of(interaction)
        require_room_for_video(interaction)
        request = make_request(
            prompt=prompt, model_id=model, duration=duration, size=parse_size(size), audio=audio, enhance=enhance
        )
        if image is not None:
            check_declared(image)
        preparing = self._tasks.start(self._prepare(interaction, place, request, image))
        await asyncio.shield(self._tasks.start(self._answer(interaction, preparing)))

    @video.autocomplete("duration")
    async def complete_duration(self, interaction: Interaction, typed: str) -> list[Choice[int]]:
        return duration_choices(interaction.namespace.model, str(typed))

    async def _prepare(
        self, interaction: Interaction, place: Place, request: VideoRequest, image: discord.Attachment | None
    ) -> Prepared:
        source = await self._read_image(image.url) if image else None
        job = await self._accept.accept(
            Wish(
                guild_id=place.guild_id,
                channel_id=place.channel_id,
                requester_id=place.user_id,
                role_ids=place.role_ids,
                interaction_id=InteractionId(interaction.id),
                request=request,
                image=source,
            )
        )
        return Prepared(job, await self._balance(place.guild_id))

    async def _balance(self, guild_id: GuildId) -> Balance | None:
        """The balance is a courtesy: without it the wish is recorded all the same."""
        try:
            return await self._books.balance(guild_id)
        except StorageError:
            _log.warning("Balance not shown", extra={"action": "balance_unread", "guild": guild_id})
            return None

    async def _answer(self, interaction: Interaction, preparing: asyncio.Task[Prepared]) -> None:
        await asyncio.wait({preparing}, timeout=self._time_left(interaction).total_seconds())
        if preparing.done():
            await self._answer_at_once(interaction, preparing.result())
        else:
            await self._answer_later(interaction, preparing)

    def _time_left(self, interaction: Interaction) -> timedelta:
        """Never more than the whole time: our clock may be behind Discord's."""
        left = interaction.created_at + ANSWER_AFTER - self._clock.now()
        return min(max(left, timedelta(0)), ANSWER_AFTER)

    async def _answer_at_once(self, interaction: Interaction, prepared: Prepared) -> None:
        try:
            async with calling_discord(ANSWER_WITHIN):
                answer = await interaction.response.send_message(view=self._view(prepared))
        except DiscordError as error:
            _log_unanswered(error, prepared.job)
        else:
            await self._answered(prepared.job, answer.message_id)

    async def _answer_later(self, interaction: Interaction, preparing: asyncio.Task[Prepared]) -> None:
        try:
            async with calling_discord(ANSWER_WITHIN):
                await interaction.response.defer(thinking=True)
        except DiscordError as error:
            _log_unanswered(error)
        try:
            prepared = await preparing
        except Exception as error:  # noqa: BLE001  as at the tree's own edge: every error becomes words
            await self._replace_thinking(interaction, refusal_view(explain(error)))
            return
        message_id = await self._replace_thinking(interaction, self._view(prepared))
        await self._answered(prepared.job, message_id)

    async def _replace_thinking(self, interaction: Interaction, view: ui.LayoutView) -> int | None:
        """Turn "thinking" into the answer; returns the message's id, or None if that failed.

        This one change goes by the interaction's token, which is seconds old: the only documented way to end
        "thinking" (https://docs.discord.com/developers/interactions/receiving-and-responding#followup-messages).
        """
        if not interaction.response.is_done():
            return None
        try:
            async with calling_discord(ANSWER_WITHIN):
                return (await interaction.edit_original_response(view=view)).id
        except DiscordError as error:
            _log_unanswered(error)
            return None

    async def _answered(self, job: Job, message_id: int | None) -> None:
        """If the message cannot be remembered now, the services find it by its interaction."""
        if message_id is None:
            return
        try:
            await self._accept.answered(job, job.channel_id, MessageId(message_id))
        except StorageError:
            _log.exception("An answer was not remembered", extra={"action": "answer_unremembered", "job": job.id})

    def _view(self, prepared: Prepared) -> ui.LayoutView:
        return job_view(prepared.job, Surroundings(now=self._clock.now(), balance=prepared.balance))


def _log_unanswered(error: DiscordError, job: Job | None = None) -> None:
    _log.warning(
        "A command could not be answered; its wish, if recorded, is shown by the services",
        extra={"action": "unanswered", "job": job.id if job else None, "error": str(error)},
    )
