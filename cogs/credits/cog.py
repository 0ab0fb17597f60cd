"""`/credits`: the server's balance, the member's own limits and the price list, for the member who asks."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from bot.services.ports import Books, Meet, Quotas
from cogs.answers import Interaction, announce_private_answer, give_announced_answer, text_view
from cogs.credits.text import credits_text
from cogs.place import place_of


class CreditsCog(commands.Cog):
    """The command itself."""

    def __init__(self, *, books: Books, quotas: Quotas, meet: Meet) -> None:
        self._books = books
        self._quotas = quotas
        self._meet = meet

    @app_commands.command(name="credits", description="See this server’s credits, your own limits, and prices.")
    async def show(self, interaction: Interaction) -> None:
        place = place_of(interaction)
        await announce_private_answer(interaction)
        await self._meet(place.guild_id)
        balance = await self._books.balance(place.guild_id)
        allowed = await self._quotas.allowances(place.guild_id, place.user_id, place.role_ids)
        learned = await self._books.learned_prices()
        await give_announced_answer(interaction, text_view(credits_text(balance, allowed, learned)))
