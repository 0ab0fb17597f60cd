"""Users, and the notifications that they get; what members do is in `client`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.discord.wire import Json

if TYPE_CHECKING:
    from sandbox.discord.messages.record import Message


class NotificationReason(StrEnum):
    """Why a message notified somebody."""

    USER = "user"
    ROLE = "role"
    EVERYONE = "everyone"
    REPLY = "reply"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Notification:
    """A ping that Discord would have shown; `silent` if the message suppressed the sound."""

    message: Message
    reason: NotificationReason
    at: datetime
    silent: bool = False


@dataclass(slots=True, eq=False)
class User:
    """An account, which may be in many guilds."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-US"
    takes_direct_messages: bool = True
    notifications: list[Notification] = field(default_factory=list)

    @property
    def mention(self) -> str:
        return f"<@{self.id}>"

    def payload(self) -> Json:
        """https://docs.discord.com/developers/resources/user#user-object"""
        return {
            "id": str(self.id),
            "username": self.name.lower().replace(" ", "_"),
            "discriminator": "0",
            "global_name": None if self.bot else self.name,
            "avatar": None,
            "banner": None,
            "accent_color": None,
            "avatar_decoration_data": None,
            "collectibles": None,
            "primary_guild": None,
            "public_flags": 0,
            "flags": 0,
            "bot": self.bot,
        }

    def own_payload(self) -> Json:
        """As the account sees itself at `/users/@me`."""
        return self.payload() | {"mfa_enabled": True, "locale": self.locale, "email": None, "verified": True}
