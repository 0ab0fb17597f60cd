"""The full objects for the ids in an interaction's data.

https://docs.discord.com/developers/interactions/receiving-and-responding#interaction-object-resolved-data-structure
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.discord.channels import Channel
from sandbox.discord.files import Attachment
from sandbox.discord.guilds import Guild, Role
from sandbox.discord.members import Member
from sandbox.discord.messages.record import Message
from sandbox.discord.messages.showing import message_payload
from sandbox.discord.people import User
from sandbox.discord.wire import Json
from sandbox.discord.world import World


@dataclass(slots=True)
class Resolved:
    """Collects objects by kind and id, as seen by `viewer` in `channel`."""

    world: World
    channel: Channel
    viewer: Member
    objects: Json = field(default_factory=dict)

    def add_person(self, person: Member | User) -> str:
        user = person.user if isinstance(person, Member) else person
        member = self.viewer.guild.members.get(user.id)
        if member is not None and self.channel.guild_id is not None:
            permissions = str(int(self.channel.permissions_of(user)))
            self._add("members", user.id, member.payload(with_user=False) | {"permissions": permissions})
        return self._add("users", user.id, user.payload())

    def add_role(self, role: Role) -> str:
        return self._add("roles", role.id, role.payload())

    def add_channel(self, channel: Channel) -> str:
        seen = {
            "permissions": str(int(channel.permissions_of(self.viewer.user))),
            "app_permissions": str(int(channel.permissions_of(self.world.application.bot))),
        }
        payload = {name: value for name, value in channel.payload().items() if name != "permission_overwrites"}
        return self._add("channels", channel.id, payload | seen)

    def add_attachment(self, attachment: Attachment) -> str:
        return self._add("attachments", attachment.id, self.world.files.payload(attachment))

    def add_message(self, message: Message) -> str:
        return self._add("messages", message.id, message_payload(self.world, message))

    def add_by_id(self, guild: Guild, target_id: int) -> str:
        """A member, role or channel of the guild. Raises LookupError for any other id."""
        if target_id in guild.members:
            return self.add_person(guild.members[target_id])
        if target_id in guild.roles:
            return self.add_role(guild.roles[target_id])
        return self.add_channel(guild.channels[target_id])

    def _add(self, kind: str, object_id: int, payload: Json) -> str:
        self.objects.setdefault(kind, {})[str(object_id)] = payload
        return str(object_id)
