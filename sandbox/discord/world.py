"""The state of the stand-in: who exists, what was said, and who is told.

Holds every record by its id. Whoever changes something calls `emit`, which tells the bot and everyone who is waiting,
or `changed` if only those who are waiting need to know.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.changes import Changes
from sandbox.clock import Clock
from sandbox.discord.commands.registry import CommandRegistry
from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.events import Event
from sandbox.discord.files import FileStore
from sandbox.discord.limits import Limits
from sandbox.discord.people import User
from sandbox.discord.snowflakes import Snowflakes

if TYPE_CHECKING:
    from sandbox.discord.channels import Channel, DirectChannel
    from sandbox.discord.entitlements import Entitlement
    from sandbox.discord.guilds import Guild
    from sandbox.discord.interactions.record import Interaction
    from sandbox.discord.messages.record import Message


@dataclass(frozen=True, slots=True)
class Application:
    """The bot's application, with its bot user and its owner."""

    id: int
    name: str
    token: str
    bot: User
    owner: User


@dataclass(slots=True)
class World:
    """All records of one sandbox."""

    clock: Clock
    snowflakes: Snowflakes
    files: FileStore
    application: Application
    limits: Limits = field(default_factory=Limits)
    changes: Changes = field(default_factory=Changes)
    commands: CommandRegistry = field(init=False)
    users: dict[int, User] = field(default_factory=dict)
    guilds: dict[int, Guild] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    direct_channels: dict[int, DirectChannel] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    entitlements: dict[int, Entitlement] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    listeners: list[Callable[[Event], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.commands = CommandRegistry(application_id=self.application.id, snowflakes=self.snowflakes)
        for user in (self.application.bot, self.application.owner):
            self.users[user.id] = user

    def emit(self, event: Event) -> None:
        for listener in self.listeners:
            listener(event)
        self.changed()

    def changed(self) -> None:
        self.changes.announce()

    def new_token(self) -> str:
        """An interaction's token: long, opaque, unguessable."""
        return secrets.token_urlsafe(96)

    def channel(self, channel_id: int) -> Channel:
        """Raises 10003 for a channel that never existed or was deleted."""
        channel = self.channels.get(channel_id)
        if channel is None:
            raise ApiError(Problem.UNKNOWN_CHANNEL)
        return channel

    def guild_of_bot(self, guild_id: int) -> Guild:
        """Raises 50001 for a guild that the bot is not in; Discord answers the same for one that never existed."""
        guild = self.guilds.get(guild_id)
        if guild is None or guild.bot is None:
            raise ApiError(Problem.MISSING_ACCESS)
        return guild
