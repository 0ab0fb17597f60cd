"""Hears of purchases the moment they are made."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.services.loops.wakeup import Bell


class PurchasesCog(commands.Cog):
    """Rings the bell of `bot.services.topup`, which then looks at all that was bought."""

    def __init__(self, *, bell: Bell) -> None:
        self._bell = bell

    @commands.Cog.listener()
    async def on_entitlement_create(self, _: discord.Entitlement) -> None:
        self._bell.ring()
