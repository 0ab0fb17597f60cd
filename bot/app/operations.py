"""What the operator does in Discord, and what servers buy there; both are off unless settings say otherwise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import discord
from discord.ext import commands

from bot.app.resources import Resources
from bot.domain.identifiers import Credits, GuildId
from bot.services.alerts import Alerts
from bot.services.loops.wakeup import Wakeup
from bot.services.topup import TopUps
from cogs.client.guild_commands import GuildCommands
from cogs.operator.cog import OperatorCog
from cogs.purchases.cog import PurchasesCog
from cogs.purchases.shop import DiscordShop


class Operations:
    """`guild_commands` are those of the operator's server, `cogs` those that hear of purchases."""

    def __init__(self, resources: Resources, *, alerts: Alerts) -> None:
        self._stores, self._alerts = resources.stores, alerts
        self._packs = {sku_id: Credits(amount) for sku_id, amount in resources.settings.credit_packs}
        self._bought = Wakeup()
        self.cogs: list[commands.Cog] = [PurchasesCog(wakeup=self._bought)] if self._packs else []
        home = resources.settings.operator_guild_id
        self.guild_commands = GuildCommands(
            guild_id=None if home is None else GuildId(home),
            cogs=[] if home is None else [self._operator_cog(GuildId(home))],
            store=self._stores.guild_definitions,
        )

    def loops(self, client: discord.Client) -> dict[str, Callable[[], Awaitable[None]]]:
        """What must be kept running."""
        if not self._packs:
            return {}
        top_ups = TopUps(
            purchases=DiscordShop(client=client),
            ledger=self._stores.purchases,
            packs=self._packs,
            alerts=self._alerts,
            wakeup=self._bought,
        )
        return {"top_up": top_ups.run}

    def _operator_cog(self, home: GuildId) -> OperatorCog:
        stores = self._stores
        return OperatorCog(
            home=home, grants=stores.ledger, guilds=stores.guild_list, names=stores.names, spending=stores.spending
        )
