"""`/history`: the member's own last videos in this server, shown to nobody else."""

from __future__ import annotations

from typing import Final

from discord import app_commands
from discord.ext import commands

from bot.services.ports import Jobs
from cogs.history.text import history_text
from cogs.interactions.answers import Interaction, announce_private_answer, give_announced_answer, text_view
from cogs.interactions.place import place_of

JOBS_SHOWN: Final = 10


class HistoryCog(commands.Cog):
    """The command itself."""

    def __init__(self, *, jobs: Jobs) -> None:
        self._jobs = jobs

    @app_commands.command(name="history", description="See your latest videos in this server.")
    async def show(self, interaction: Interaction) -> None:
        place = place_of(interaction)
        await announce_private_answer(interaction)
        jobs = await self._jobs.latest_of(place.guild_id, place.user_id, JOBS_SHOWN)
        await give_announced_answer(interaction, text_view(history_text(jobs, interaction.created_at)))
