"""A member of a guild: the record, and methods for what a person does in Discord's client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.discord import permissions
from sandbox.discord.permissions import Overwrite, Permissions
from sandbox.discord.wire import Json, iso

if TYPE_CHECKING:
    from sandbox.discord.channels import Channel, DirectChannel
    from sandbox.discord.client.options import OptionValue
    from sandbox.discord.files import Upload
    from sandbox.discord.guilds import Guild, Role
    from sandbox.discord.interactions.record import Answer, Choice, Interaction
    from sandbox.discord.messages.record import Message
    from sandbox.discord.people import Notification, User


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild."""

    guild: Guild
    user: User
    roles: list[Role]
    extra_permissions: Permissions
    joined_at: datetime

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def name(self) -> str:
        return self.user.name

    @property
    def mention(self) -> str:
        return self.user.mention

    @property
    def permissions(self) -> Permissions:
        """What the member may do in the guild, before any channel's overwrites."""
        held = [self.extra_permissions, *(role.permissions for role in self.roles)]
        owner = self.guild.owner is self.user
        return permissions.in_guild(everyone=self.guild.everyone.permissions, roles=held, owner=owner)

    def permissions_under(self, overwrites: Iterable[Overwrite]) -> Permissions:
        role_ids = {role.id for role in self.roles}
        return permissions.in_channel(
            self.permissions, overwrites, guild_id=self.guild.id, role_ids=role_ids, user_id=self.user.id
        )

    @property
    def notifications(self) -> list[Notification]:
        """Every ping so far in all guilds, oldest first."""
        return self.user.notifications

    @property
    def direct_channel(self) -> DirectChannel:
        return self.guild.direct_channel_with(self.user)

    @property
    def inbox(self) -> list[Message]:
        """The direct messages exchanged with the bot, oldest first."""
        return self.direct_channel.messages

    def close_direct_messages(self) -> None:
        """Stop accepting direct messages: the bot gets 50007."""
        self.user.takes_direct_messages = False

    def open_direct_messages(self) -> None:
        self.user.takes_direct_messages = True

    def can_see(self, message: Message) -> bool:
        """Whether the message exists and this member may read it; an ephemeral one is visible only to its addressee."""
        return message in message.channel.seen_by(self.user)

    async def slash(
        self, channel: Channel, command: str, *, opened_by_admin: bool = False, **options: OptionValue
    ) -> Interaction:
        """Use a slash command; subcommands by their full name, as in `"quota set"`.

        Raises NotPossible if Discord's client would not let a person send this. `opened_by_admin` ignores the
        command's default member permissions, which a server's admins can override in the integration settings.
        """
        from sandbox.discord.client import commands  # noqa: PLC0415 - the client is built on members

        return await commands.slash(self, channel, command, options, opened_by_admin=opened_by_admin)

    async def complete(
        self, channel: Channel, command: str, *, focused: str, typed: str = "", **options: OptionValue
    ) -> tuple[Choice, ...]:
        """Type into an option and return what the bot suggests. Raises TimeoutError if it does not answer in time."""
        from sandbox.discord.client import commands  # noqa: PLC0415 - the client is built on members

        return await commands.complete(self, channel, command, options, focused=focused, typed=typed)

    async def use_message_command(
        self, channel: Channel, command: str, message: Message, *, opened_by_admin: bool = False
    ) -> Interaction:
        """Pick a command from the message's Apps menu."""
        from sandbox.discord.client import commands  # noqa: PLC0415 - the client is built on members

        return await commands.use_on_message(self, channel, command, message, opened_by_admin=opened_by_admin)

    async def press(self, message: Message, button: str) -> Interaction:
        """Press a button, by its custom id or its label."""
        from sandbox.discord.client import components  # noqa: PLC0415 - the client is built on members

        return await components.press(self, message, button)

    async def select(
        self, message: Message, custom_id: str, values: Sequence[str | Member | Role | Channel]
    ) -> Interaction:
        """Choose from a select menu: option values, or members, roles and channels if it offers those."""
        from sandbox.discord.client import components  # noqa: PLC0415 - the client is built on members

        return await components.select(self, message, custom_id, values)

    async def submit_modal(
        self, answer: Answer, values: Mapping[str, str | bool | Sequence[str] | Sequence[Upload]]
    ) -> Interaction:
        """Fill in and send the modal that `answer` opened; fields left out keep what the bot filled in."""
        from sandbox.discord.client import modals  # noqa: PLC0415 - the client is built on members

        return await modals.submit(self, answer, values)

    def payload(self, *, with_user: bool = True) -> Json:
        """https://docs.discord.com/developers/resources/guild#guild-member-object"""
        return {
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [str(role.id) for role in self.roles],
            "joined_at": iso(self.joined_at),
            "premium_since": None,
            "communication_disabled_until": None,
            "pending": False,
            "flags": 0,
            **({"user": self.user.payload(), "mute": False, "deaf": False} if with_user else {}),
        }
