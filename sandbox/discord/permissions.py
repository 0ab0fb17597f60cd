"""Permission bits, and what a user may do in a channel.

https://docs.discord.com/developers/topics/permissions
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, IntFlag

from sandbox.discord.wire import Json


class Permissions(IntFlag):
    """The bits that matter to a bot that sends messages; others pass through as plain numbers."""

    NONE = 0
    CREATE_INSTANT_INVITE = 1 << 0
    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    MANAGE_WEBHOOKS = 1 << 29
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50

    @classmethod
    def everything(cls) -> Permissions:
        whole = cls.NONE
        for permission in cls:
            whole |= permission
        return whole


EVERYONE = (
    Permissions.VIEW_CHANNEL
    | Permissions.SEND_MESSAGES
    | Permissions.SEND_MESSAGES_IN_THREADS
    | Permissions.EMBED_LINKS
    | Permissions.ATTACH_FILES
    | Permissions.READ_MESSAGE_HISTORY
    | Permissions.ADD_REACTIONS
    | Permissions.USE_APPLICATION_COMMANDS
    | Permissions.USE_EXTERNAL_APPS
    | Permissions.CHANGE_NICKNAME
)
"""What @everyone may do in a new guild."""

IN_DIRECT_MESSAGES = (
    Permissions.VIEW_CHANNEL
    | Permissions.SEND_MESSAGES
    | Permissions.EMBED_LINKS
    | Permissions.ATTACH_FILES
    | Permissions.READ_MESSAGE_HISTORY
    | Permissions.ADD_REACTIONS
    | Permissions.MENTION_EVERYONE
    | Permissions.USE_EXTERNAL_EMOJIS
)


class OverwriteKind(IntEnum):
    ROLE = 0
    MEMBER = 1


@dataclass(frozen=True, slots=True)
class Overwrite:
    """What a channel changes for one role or one member."""

    target_id: int
    kind: OverwriteKind
    allow: Permissions = Permissions.NONE
    deny: Permissions = Permissions.NONE

    def payload(self) -> Json:
        return {
            "id": str(self.target_id),
            "type": int(self.kind),
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


def in_guild(*, everyone: Permissions, roles: Iterable[Permissions], owner: bool) -> Permissions:
    """Base permissions: the union of the roles; an owner or administrator may do everything."""
    granted = everyone
    for role in roles:
        granted |= role
    if owner or Permissions.ADMINISTRATOR in granted:
        return Permissions.everything() | granted
    return granted


def in_channel(
    base: Permissions, overwrites: Iterable[Overwrite], *, guild_id: int, role_ids: set[int], user_id: int
) -> Permissions:
    """Base permissions after a channel's overwrites: @everyone first, then roles together, then the member.

    A missing View Channel does not remove the permissions that depend on it, as in `app_permissions`.
    """
    if Permissions.ADMINISTRATOR in base:
        return base
    by_target = {overwrite.target_id: overwrite for overwrite in overwrites}
    granted = _apply(base, [by_target[guild_id]] if guild_id in by_target else [])
    granted = _apply(granted, [by_target[role] for role in role_ids if role in by_target and role != guild_id])
    return _apply(granted, [by_target[user_id]] if user_id in by_target else [])


def _apply(granted: Permissions, overwrites: Iterable[Overwrite]) -> Permissions:
    allow = deny = Permissions.NONE
    for overwrite in overwrites:
        allow |= overwrite.allow
        deny |= overwrite.deny
    return (granted & ~deny) | allow
