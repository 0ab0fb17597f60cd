"""Gateway events, and the intents that a session needs to get them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from sandbox.discord.wire import Json


class Intents(IntFlag):
    """https://docs.discord.com/developers/events/gateway#list-of-intents"""

    NONE = 0
    GUILDS = 1 << 0
    GUILD_MEMBERS = 1 << 1
    GUILD_PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    DIRECT_MESSAGES = 1 << 12
    MESSAGE_CONTENT = 1 << 15


@dataclass(frozen=True, slots=True)
class Event:
    """Something for the gateway to dispatch to the sessions that asked for it."""

    name: str
    payload: Json
    guild_id: int | None = None
    needs: Intents = Intents.NONE
