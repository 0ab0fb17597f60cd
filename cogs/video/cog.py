"""`/video`: the command, and the reply to the question that an expensive video may need first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import Choice, Transform
from discord.ext import commands

from bot.clock import Clock
from bot.domain.catalogue import Size
from bot.domain.identifiers import GuildId, InteractionId
from bot.domain.options import GuildOptions
from bot.domain.request import VideoRequest, make_spec
from bot.errors import DiscordError, StorageError
from bot.services.jobs.accept import Accept
from bot.services.jobs.affordability import AffordabilityCheck
from bot.services.ports import Ledger
from cogs.interactions.answers import ANSWER_WITHIN, Interaction, answer_privately, text_view
from cogs.interactions.discord_errors import calling_discord
from cogs.interactions.place import Place, place_of, require_room_for_video
from cogs.interactions.tasks import OwnedTasks
from cogs.video.answering import Answerer, Outcome
from cogs.video.attachment import ReadImage, check_declared
from cogs.video.options import MODEL_CHOICES, SIZE_CHOICES, PromptOption, duration_choices, parse_size
from cogs.video.ordering import Orders
from cogs.video.pending import Asked
from cogs.video.question import COG_NAME, Reply, ReplyButton
from cogs.video.question_text import CANCELLED, CLOSED, not_yours

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Given:
    """The options of the command as the member gave them; None means the server's or the model's default."""

    prompt: str
    model_id: str | None
    duration: int | None
    size: Size
    audio: bool
    enhance: bool
    image: discord.Attachment | None


class VideoCog(commands.Cog, name=COG_NAME):
    """The command itself. `drain()` waits until every request is recorded and answered."""

    dynamic_items = (ReplyButton,)

    def __init__(
        self, *, accept: Accept, affordability: AffordabilityCheck, ledger: Ledger, read_image: ReadImage, clock: Clock
    ) -> None:
        self._accept = accept
        self._orders = Orders(accept=accept, affordability=affordability, ledger=ledger, clock=clock)
        self._answerer = Answerer(accept=accept, clock=clock)
        self._read_image = read_image
        self._tasks = OwnedTasks()

    async def drain(self) -> None:
        await self._tasks.drain()

    @app_commands.command(name="video", description="Make a short video from a description, or from a picture.")
    @app_commands.describe(
        prompt="What should happen in the video?",
        model="Which model to use (default: this server's)",
        duration="How many seconds (default: the model's shortest)",
        size="Landscape or portrait (default: landscape)",
        audio="With sound? Not every model supports it.",
        enhance="Let PowerPost improve the prompt first?",
        image="A picture to animate: JPEG, PNG or WebP, up to 10 MB",
    )
    @app_commands.choices(model=MODEL_CHOICES, size=SIZE_CHOICES)
    async def video(
        self,
        interaction: Interaction,
        *,
        prompt: Transform[str, PromptOption],
        model: str | None = None,
        duration: int | None = None,
        size: str = Size.LANDSCAPE.value,
        audio: bool = False,
        enhance: bool = False,
        image: discord.Attachment | None = None,
    ) -> None:
        place = place_of(interaction)
        require_room_for_video(interaction)
        given = Given(prompt, model, duration, parse_size(size), audio, enhance, image)
        if image is not None:
            check_declared(image)
        await self._answer(interaction, self._prepare(interaction, place, given))

    @video.autocomplete("duration")
    async def complete_duration(self, interaction: Interaction, typed: str) -> list[Choice[int]]:
        options = await self._rules_or_none(GuildId(interaction.guild_id or 0))
        return duration_choices(interaction.namespace.model, str(typed), options)

    async def replied(self, interaction: Interaction, token: str, reply: Reply) -> None:
        """Order the video that the member was asked about, or drop it."""
        place = place_of(interaction)
        asked = self._orders.pending.get(token)
        if asked is None:
            await _replace_question(interaction, CLOSED)
        elif asked.request.requester_id != place.user_id:
            await answer_privately(interaction, not_yours(asked.request.requester_id))
        elif reply is Reply.CANCEL:
            self._orders.pending.close(token)
            await _replace_question(interaction, CANCELLED)
        else:
            require_room_for_video(interaction)
            self._orders.pending.close(token)
            await self._agreed(interaction, place, asked)

    async def _agreed(self, interaction: Interaction, place: Place, asked: Asked) -> None:
        """The press is an interaction of its own: the job's message answers it, and the question is deleted."""
        request = replace(asked.request, interaction_id=InteractionId(interaction.id), role_ids=place.role_ids)
        try:
            await self._answer(interaction, self._orders.order(interaction, request, agreed=asked.price))
        finally:
            await _remove_question(asked)

    async def _answer(self, interaction: Interaction, preparation: Coroutine[Any, Any, Outcome]) -> None:
        preparing = self._tasks.start(preparation)
        await asyncio.shield(self._tasks.start(self._answerer.answer(interaction, preparing)))

    async def _prepare(self, interaction: Interaction, place: Place, given: Given) -> Outcome:
        options = await self._accept.options(place.guild_id)
        spec = make_spec(
            prompt=given.prompt,
            model_id=given.model_id or options.model_by_default.id,
            duration=given.duration,
            size=given.size,
            audio=given.audio,
            enhance=given.enhance,
        )
        request = VideoRequest(
            guild_id=place.guild_id,
            channel_id=place.channel_id,
            parent_channel_id=place.parent_channel_id,
            requester_id=place.user_id,
            role_ids=place.role_ids,
            interaction_id=InteractionId(interaction.id),
            spec=spec,
        )
        if given.image is not None:
            await self._orders.check(request, given.image.size)
            request = replace(request, image=await self._read_image(given.image.url))
        return await self._orders.order(interaction, request)

    async def _rules_or_none(self, guild_id: GuildId) -> GuildOptions:
        """For completion only; what is allowed is decided when the command is used."""
        try:
            return await self._accept.options(guild_id)
        except StorageError:
            return GuildOptions()


async def _replace_question(interaction: Interaction, sentence: str) -> None:
    async with calling_discord(ANSWER_WITHIN):
        await interaction.response.edit_message(view=text_view(sentence))


async def _remove_question(asked: Asked) -> None:
    """Only the token of the interaction that shows a private message can delete it."""
    try:
        async with calling_discord(ANSWER_WITHIN):
            await asked.shown_by.delete_original_response()
    except DiscordError as error:
        _log.info("A question stays on the screen", extra={"action": "question_stays", "error": str(error)})
