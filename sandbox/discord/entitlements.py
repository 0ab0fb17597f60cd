"""What people bought in the application's shop: one-time purchases that the application consumes.

https://docs.discord.com/developers/resources/entitlement and
https://docs.discord.com/developers/monetization/implementing-one-time-purchases
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.discord.events import Event
from sandbox.discord.people import User
from sandbox.discord.wire import Json

if TYPE_CHECKING:
    from sandbox.discord.guilds import Guild
    from sandbox.discord.world import World

_TYPE = 8
"""The only type in Discord's official API description; the documentation lists more."""


@dataclass(slots=True, eq=False)
class Entitlement:
    """A purchase for a guild or, if `guild_id` is None, only for the buyer."""

    id: int
    application_id: int
    sku_id: int
    user: User
    guild_id: int | None
    consumed: bool = False
    deleted: bool = False

    def payload(self) -> Json:
        """https://docs.discord.com/developers/resources/entitlement#entitlement-object"""
        return {
            "id": str(self.id),
            "application_id": str(self.application_id),
            "sku_id": str(self.sku_id),
            "user_id": str(self.user.id),
            "type": _TYPE,
            "deleted": self.deleted,
            "starts_at": None,
            "ends_at": None,
            "consumed": self.consumed,
            **({} if self.guild_id is None else {"guild_id": str(self.guild_id)}),
        }


def buy(world: World, user: User, sku_id: int, guild: Guild | None) -> Entitlement:
    """The payment went through: add the entitlement and tell the bot."""
    guild_id = None if guild is None else guild.id
    entitlement = Entitlement(world.snowflakes.take(), world.application.id, sku_id, user, guild_id)
    world.entitlements[entitlement.id] = entitlement
    world.emit(Event("ENTITLEMENT_CREATE", entitlement.payload(), guild_id))
    return entitlement
