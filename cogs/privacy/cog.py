"""`/privacy`: what is stored about the member who asks, and a button to erase it; shown to nobody else."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Protocol

from discord import app_commands
from discord.ext import commands

from bot.domain.erasure import Erased
from bot.domain.identifiers import GuildId, UserId
from cogs.interactions.answers import (
    Interaction,
    announce_private_answer,
    announce_update,
    give_announced_answer,
    text_view,
)
from cogs.interactions.place import place_of
from cogs.privacy.text import ASK_AGAIN, erased_text, stored_text
from cogs.privacy.views import COG_NAME, AskButton, EraseButton, with_button

_log = logging.getLogger(__name__)


class MemberErasure(Protocol):
    """Erases members' records; raises `StorageError`."""

    async def erase_member(self, guild_id: GuildId, user_id: UserId) -> Erased:
        """Erase what is stored about a member's videos in a guild; nothing while one is still in progress."""


class PrivacyCog(commands.Cog, name=COG_NAME):
    """The command itself. `forgets_servers_after` is how long a server's data outlives the bot's removal."""

    dynamic_items = (AskButton, EraseButton)

    def __init__(self, *, erasure: MemberErasure, forgets_servers_after: timedelta) -> None:
        self._erasure = erasure
        self._forgets_servers_after = forgets_servers_after

    @app_commands.command(name="privacy", description="See what is stored about you here, and have it erased.")
    async def show(self, interaction: Interaction) -> None:
        place_of(interaction)
        await announce_private_answer(interaction)
        await give_announced_answer(interaction, with_button(stored_text(self._forgets_servers_after), AskButton()))

    async def ask_again(self, interaction: Interaction) -> None:
        """Show the question in place of the message under the button."""
        place_of(interaction)
        await announce_update(interaction)
        await give_announced_answer(interaction, with_button(ASK_AGAIN, EraseButton()))

    async def erase(self, interaction: Interaction) -> None:
        """Erase what is stored about whoever pressed."""
        place = place_of(interaction)
        await announce_update(interaction)
        erased = await self._erasure.erase_member(place.guild_id, place.user_id)
        if erased.videos:
            facts = {"guild": place.guild_id, "by": place.user_id, "videos": erased.videos}
            _log.info("A member's videos were erased from the records", extra={"action": "erase", **facts})
        await give_announced_answer(interaction, text_view(erased_text(erased)))
