"""Hears of purchases as soon as they are made."""

from __future__ import annotations

import discord
from discord.ext import commands

from bot.services.loops.wakeup import Wakeup


class PurchasesCog(commands.Cog):
    """Wakes `bot.services.topup`, which then looks at everything that was bought."""

    def __init__(self, *, wakeup: Wakeup) -> None:
        self._wakeup = wakeup

    @commands.Cog.listener()
    async def on_entitlement_create(self, _: discord.Entitlement) -> None:
        self._wakeup.wake()
