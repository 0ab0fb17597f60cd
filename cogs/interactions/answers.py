"""Answering an interaction privately, whatever was answered before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, TypeAlias

import discord
from discord import InteractionResponseType, ui

from cogs.interactions.discord_errors import calling_discord
from cogs.wording import limits

Interaction: TypeAlias = "discord.Interaction[Any]"

ANSWER_WITHIN: Final = timedelta(seconds=10)
UPLOAD_WITHIN: Final = timedelta(seconds=60)


async def answer_privately(interaction: Interaction, sentence: str) -> None:
    """Say a sentence to the person behind the interaction.

    Ephemeral, unless the interaction was deferred publicly.
    Raises `DiscordError`.
    """
    text = sentence[: limits.MESSAGE_CONTENT]
    async with calling_discord(ANSWER_WITHIN):
        if not interaction.response.is_done():
            await interaction.response.send_message(text, ephemeral=True)
        elif interaction.response.type is InteractionResponseType.deferred_channel_message:
            await interaction.edit_original_response(content=text)
        else:
            await interaction.followup.send(text, ephemeral=True)


async def announce_private_answer(interaction: Interaction) -> None:
    """Tell Discord within its 3 seconds that a private answer follows.

    Raises `DiscordError`.
    """
    async with calling_discord(ANSWER_WITHIN):
        await interaction.response.defer(ephemeral=True, thinking=True)


async def announce_update(interaction: Interaction) -> None:
    """Tell Discord within its 3 seconds that the message under the pressed button will change.

    Raises `DiscordError`.
    """
    async with calling_discord(ANSWER_WITHIN):
        await interaction.response.defer()


async def give_announced_answer(
    interaction: Interaction, view: ui.LayoutView, files: Sequence[discord.File] = ()
) -> None:
    """Show the announced answer, as publicly as it was announced; `files` are those that the view refers to.

    Raises `DiscordError`.
    """
    async with calling_discord(UPLOAD_WITHIN if files else ANSWER_WITHIN):
        await interaction.edit_original_response(view=view, attachments=files or discord.utils.MISSING)


def text_view(text: str) -> ui.LayoutView:
    """A private answer of text alone, up to 4,000 characters."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text[: limits.DISPLAYED_TEXT]))
    return view
