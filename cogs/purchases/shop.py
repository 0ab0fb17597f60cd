"""The application's shop in Discord: what was bought, and marking it as used.

https://docs.discord.com/developers/resources/entitlement
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import discord

from bot.domain.identifiers import GuildId, UserId
from bot.domain.purchase import Purchase, PurchasePage
from cogs.interactions.discord_errors import calling_discord

ASK_WITHIN: Final = timedelta(seconds=60)
LARGEST_PAGE: Final = 100
"""Pages after an id come in the order of ids, so nothing bought meanwhile is skipped."""


class DiscordShop:
    """Fits `bot.services.ports.Purchases`."""

    def __init__(self, *, client: discord.Client) -> None:
        self._client = client

    async def page(self, after: int) -> PurchasePage:
        """See the port. Refunded purchases count as used."""
        async with calling_discord(ASK_WITHIN):
            found = self._client.entitlements(limit=LARGEST_PAGE, after=discord.Object(after))
            bought = [one async for one in found]
        unused = [
            Purchase(
                id=one.id,
                sku_id=one.sku_id,
                buyer_id=UserId(one.user_id or 0),
                guild_id=None if one.guild_id is None else GuildId(one.guild_id),
            )
            for one in bought
            if not one.consumed and not one.deleted
        ]
        return PurchasePage(unused, max((one.id for one in bought), default=after), len(bought) == LARGEST_PAGE)

    async def consume(self, purchase: Purchase) -> None:
        """See the port. Safe to repeat."""
        application_id = self._client.application_id or 0
        async with calling_discord(ASK_WITHIN):
            await self._client.http.consume_entitlement(application_id, purchase.id)
