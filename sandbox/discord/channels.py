"""Places for messages: text channels, threads and direct messages.

https://docs.discord.com/developers/resources/channel
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING

from sandbox.discord.events import Event, Intents
from sandbox.discord.permissions import IN_DIRECT_MESSAGES, Overwrite, OverwriteKind, Permissions
from sandbox.discord.wire import Json, iso
from sandbox.discord.world import World

if TYPE_CHECKING:
    from sandbox.discord.guilds import Guild, Role
    from sandbox.discord.members import Member
    from sandbox.discord.messages.record import Message
    from sandbox.discord.people import User


class ChannelType(IntEnum):
    TEXT = 0
    DIRECT = 1
    PUBLIC_THREAD = 11


class Channel(ABC):
    """What all channels share: an id and the messages, oldest first; ephemeral ones are kept apart."""

    kind: ChannelType

    def __init__(self, world: World, channel_id: int) -> None:
        self.world = world
        self.id = channel_id
        self.messages: list[Message] = []
        self.ephemeral_messages: list[Message] = []
        self.edits_of_old_messages: list[datetime] = []

    @property
    def mention(self) -> str:
        return f"<#{self.id}>"

    @property
    def upload_limit(self) -> int:
        """Bytes per file."""
        return self.world.limits.upload

    @property
    def guild_id(self) -> int | None:
        return None

    @abstractmethod
    def permissions_of(self, user: User) -> Permissions: ...

    @abstractmethod
    def payload(self) -> Json: ...

    def seen_by(self, user: User) -> list[Message]:
        """Everything that `user` can read here, including ephemeral answers to them, oldest first."""
        if Permissions.VIEW_CHANNEL not in self.permissions_of(user):
            return []
        theirs = [message for message in self.ephemeral_messages if message.ephemeral_to is user]
        return sorted([*self.messages, *theirs], key=lambda message: message.id)

    @property
    def last_message_id(self) -> str | None:
        return str(self.messages[-1].id) if self.messages else None


class GuildChannel(Channel):
    """A channel of a guild."""

    def __init__(self, world: World, channel_id: int, guild: Guild, name: str) -> None:
        super().__init__(world, channel_id)
        self.guild = guild
        self.name = name

    @property
    def guild_id(self) -> int | None:
        return self.guild.id

    @property
    def upload_limit(self) -> int:
        return self.guild.upload_limit

    @property
    def bot_permissions(self) -> Permissions:
        """What the bot may do here; nothing once it has been kicked."""
        return self.permissions_of(self.world.application.bot)

    def _emit(self, name: str) -> None:
        if self.guild.bot is None:
            self.world.changed()
        else:
            self.world.emit(Event(name, self.payload(), self.guild.id, Intents.GUILDS))


class TextChannel(GuildChannel):
    """An ordinary channel of a guild."""

    kind = ChannelType.TEXT

    def __init__(self, world: World, channel_id: int, guild: Guild, name: str, *, position: int) -> None:
        super().__init__(world, channel_id, guild, name)
        self.position = position
        self.overwrites: dict[int, Overwrite] = {}

    def permissions_of(self, user: User) -> Permissions:
        member = self.guild.members.get(user.id)
        return Permissions.NONE if member is None else member.permissions_under(self.overwrites.values())

    def overwrite(
        self,
        target: Member | Role,
        *,
        allow: Permissions = Permissions.NONE,
        deny: Permissions = Permissions.NONE,
    ) -> None:
        """Change what a member or a role may do here; the bot is told."""
        self.overwrites[target.id] = Overwrite(target.id, _kind_of(target), allow, deny)
        self._emit("CHANNEL_UPDATE")

    def deny_bot(self, denied: Permissions) -> None:
        """Take permissions away from the bot in this channel; an empty set restores them."""
        if self.guild.bot is not None:
            self.overwrite(self.guild.bot, deny=denied)

    def hide_from_bot(self) -> None:
        self.deny_bot(Permissions.VIEW_CHANNEL)

    def add_thread(self, name: str) -> Thread:
        return self.guild.add_thread(self, name)

    def delete(self) -> None:
        """Remove the channel and everything in it: 10003 from now on."""
        self.guild.drop_channel(self)
        self._emit("CHANNEL_DELETE")

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "type": int(self.kind),
            "guild_id": str(self.guild.id),
            "name": self.name,
            "topic": None,
            "position": self.position,
            "parent_id": None,
            "nsfw": False,
            "flags": 0,
            "rate_limit_per_user": 0,
            "last_message_id": self.last_message_id,
            "permission_overwrites": [overwrite.payload() for overwrite in self.overwrites.values()],
        }


class Thread(GuildChannel):
    """A public thread; permissions come from its parent."""

    kind = ChannelType.PUBLIC_THREAD

    def __init__(self, world: World, channel_id: int, guild: Guild, name: str, *, parent: TextChannel) -> None:
        super().__init__(world, channel_id, guild, name)
        self.parent = parent
        self.archived = False
        self.locked = False
        self._created_at = self._archive_changed_at = world.clock.now()

    def permissions_of(self, user: User) -> Permissions:
        return self.parent.permissions_of(user)

    def archive(self, *, locked: bool = False) -> None:
        """Archive the thread: its messages cannot be edited. A new message reopens it, unless it is locked."""
        self._set_archived(archived=True, locked=locked)

    def unarchive(self) -> None:
        self._set_archived(archived=False, locked=False)

    def delete(self) -> None:
        self.guild.drop_channel(self)
        self._emit("THREAD_DELETE")

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "type": int(self.kind),
            "guild_id": str(self.guild.id),
            "parent_id": str(self.parent.id),
            "owner_id": str(self.guild.owner.id),
            "name": self.name,
            "flags": 0,
            "rate_limit_per_user": 0,
            "last_message_id": self.last_message_id,
            "message_count": len(self.messages),
            "total_message_sent": len(self.messages),
            "member_count": 1,
            "thread_metadata": {
                "archived": self.archived,
                "locked": self.locked,
                "auto_archive_duration": 1440,
                "archive_timestamp": iso(self._archive_changed_at),
                "create_timestamp": iso(self._created_at),
            },
        }

    def _set_archived(self, *, archived: bool, locked: bool) -> None:
        self.archived, self.locked = archived, locked
        self._archive_changed_at = self.world.clock.now()
        self._emit("THREAD_UPDATE")


class DirectChannel(Channel):
    """The direct messages between the bot and one user."""

    kind = ChannelType.DIRECT

    def __init__(self, world: World, channel_id: int, recipient: User) -> None:
        super().__init__(world, channel_id)
        self.recipient = recipient

    def permissions_of(self, user: User) -> Permissions:
        taking_part = user in {self.recipient, self.world.application.bot}
        return IN_DIRECT_MESSAGES if taking_part else Permissions.NONE

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "type": int(self.kind),
            "flags": 0,
            "last_message_id": self.last_message_id,
            "recipients": [self.recipient.payload()],
        }


def direct_channel(world: World, recipient: User) -> DirectChannel:
    """The direct channel with `recipient`, created by the first call."""
    channel = world.direct_channels.get(recipient.id)
    if channel is None:
        channel = DirectChannel(world, world.snowflakes.take(), recipient)
        world.direct_channels[recipient.id] = world.channels[channel.id] = channel
    return channel


def _kind_of(target: Member | Role) -> OverwriteKind:
    return OverwriteKind.MEMBER if hasattr(target, "user") else OverwriteKind.ROLE
