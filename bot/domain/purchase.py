"""A credit pack that somebody bought in Discord: a consumable entitlement, in Discord's words.

https://docs.discord.com/developers/monetization/implementing-one-time-purchases
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.identifiers import GuildId, UserId


@dataclass(frozen=True, slots=True)
class Purchase:
    """`id` is the entitlement's, `sku_id` what was bought; `guild_id` is None for a purchase that names no server."""

    id: int
    sku_id: int
    buyer_id: UserId
    guild_id: GuildId | None


@dataclass(frozen=True, slots=True)
class PurchasePage:
    """A page of purchases in the order of their ids: the unused ones, and how far the page reaches.

    `last` is the id of the page's last purchase, used or not; for an empty page, the id that it starts after.
    """

    unused: Sequence[Purchase]
    last: int
    has_more: bool
