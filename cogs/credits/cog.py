"""`/credits`: the server's balance, the member's own limits and the price list, for the member who asks."""

from __future__ import annotations

from typing import Final, Protocol

from discord import app_commands
from discord.ext import commands

from bot.domain.identifiers import GuildId
from bot.services.accounts.linking import LinkStatus
from bot.services.ports import Jobs, Ledger, Meet, Quotas
from cogs.credits.text import credits_text
from cogs.interactions.answers import Interaction, announce_private_answer, give_announced_answer, text_view
from cogs.interactions.place import place_of

LATEST: Final = 5
"""How many of the member's last videos have their cost shown, if they were charged."""


class OwnAccounts(Protocol):
    """The PowerPost accounts that servers linked. Raises `StorageError`."""

    async def status(self, guild_id: GuildId) -> LinkStatus | None:
        """The server's own account with its current balance; None when it uses the operator's."""


class CreditsCog(commands.Cog):
    """The command itself."""

    def __init__(self, *, ledger: Ledger, jobs: Jobs, quotas: Quotas, own_accounts: OwnAccounts, meet: Meet) -> None:
        self._ledger = ledger
        self._jobs = jobs
        self._quotas = quotas
        self._own_accounts = own_accounts
        self._meet = meet

    @app_commands.command(name="credits", description="See this server's credits, your own limits, and prices.")
    async def show(self, interaction: Interaction) -> None:
        place = place_of(interaction)
        await announce_private_answer(interaction)
        await self._meet(place.guild_id)
        balance = await self._ledger.balance(place.guild_id)
        allowed = await self._quotas.allowances(place.guild_id, place.user_id, place.role_ids)
        own_account = await self._own_accounts.status(place.guild_id)
        learned = await self._ledger.learned_prices(None if own_account is None else own_account.link.id)
        latest = await self._jobs.latest_of(place.guild_id, place.user_id, LATEST)
        text = credits_text(balance, allowed, learned, own_account, latest)
        await give_announced_answer(interaction, text_view(text))
