"""A guild: its roles, members and channels, and whether the bot is there.

https://docs.discord.com/developers/resources/guild
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.discord import permissions
from sandbox.discord.channels import DirectChannel, GuildChannel, TextChannel, Thread, direct_channel
from sandbox.discord.events import Event, Intents
from sandbox.discord.members import Member
from sandbox.discord.people import User
from sandbox.discord.permissions import Permissions
from sandbox.discord.wire import Json, iso
from sandbox.discord.world import World


@dataclass(slots=True, eq=False)
class Role:
    """A named set of permissions. @everyone has the guild's id."""

    id: int
    name: str
    permissions: Permissions
    position: int
    mentionable: bool = False
    managed: bool = False
    bot_id: int | None = None

    @property
    def mention(self) -> str:
        return f"<@&{self.id}>"

    def payload(self) -> Json:
        return {
            "id": str(self.id),
            "name": self.name,
            "description": None,
            "permissions": str(int(self.permissions)),
            "position": self.position,
            "color": 0,
            "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
            "hoist": False,
            "managed": self.managed,
            "mentionable": self.mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
            **({"tags": {"bot_id": str(self.bot_id)}} if self.bot_id is not None else {}),
        }


@dataclass(slots=True, eq=False)
class Guild:
    """A server. `bot` is the bot's own membership, None if it is not in the guild."""

    world: World
    id: int
    name: str
    owner: User
    upload_limit: int
    locale: str
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, GuildChannel] = field(default_factory=dict)
    bot: Member | None = None
    bot_joined_at: datetime | None = None

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    def add_role(self, name: str, *, permissions: Permissions = Permissions.NONE, mentionable: bool = False) -> Role:
        role = Role(self.world.snowflakes.take(), name, permissions, len(self.roles), mentionable)
        self.roles[role.id] = role
        self._emit("GUILD_ROLE_CREATE", {"guild_id": str(self.id), "role": role.payload()})
        return role

    def add_channel(self, name: str) -> TextChannel:
        channel = TextChannel(self.world, self.world.snowflakes.take(), self, name, position=len(self.channels))
        self._place(channel)
        self._emit("CHANNEL_CREATE", channel.payload())
        return channel

    def add_thread(self, parent: TextChannel, name: str) -> Thread:
        thread = Thread(self.world, self.world.snowflakes.take(), self, name, parent=parent)
        self._place(thread)
        self._emit("THREAD_CREATE", thread.payload() | {"newly_created": True})
        return thread

    def add_member(
        self,
        person: str | User,
        *,
        permissions: Permissions | int = 0,
        roles: Iterable[Role] = (),
        locale: str = "en-US",
    ) -> Member:
        """Add a new account by name, or an existing one.

        `permissions` come on top of those of @everyone and `roles`, without a role.
        """
        user = User(self.world.snowflakes.take(), person, locale=locale) if isinstance(person, str) else person
        self.world.users[user.id] = user
        member = Member(self, user, list(roles), Permissions(permissions), self.world.clock.now())
        self.members[user.id] = member
        self._emit("GUILD_MEMBER_ADD", member.payload() | {"guild_id": str(self.id)}, Intents.GUILD_MEMBERS)
        return member

    def remove_member(self, member: Member) -> None:
        del self.members[member.user.id]
        gone = {"guild_id": str(self.id), "user": member.user.payload()}
        self._emit("GUILD_MEMBER_REMOVE", gone, Intents.GUILD_MEMBERS)

    def invite_bot(self, permissions: Permissions = permissions.EVERYONE) -> Member:
        """Install the application: the bot joins with a managed role that has these permissions."""
        user = self.world.application.bot
        role = Role(self.world.snowflakes.take(), user.name, permissions, len(self.roles), managed=True, bot_id=user.id)
        self.roles[role.id] = role
        self.bot_joined_at = self.world.clock.now()
        self.bot = self.members[user.id] = Member(self, user, [role], Permissions.NONE, self.bot_joined_at)
        self._emit("GUILD_CREATE", self.gateway_payload())
        return self.bot

    def kick_bot(self) -> None:
        """Remove the bot. It gets GUILD_DELETE, and every later request about this guild is refused."""
        if self.bot is None:
            return
        for role in self.bot.roles:
            del self.roles[role.id]
        del self.members[self.bot.user.id]
        self.bot = None
        self._emit("GUILD_DELETE", {"id": str(self.id)})

    def direct_channel_with(self, user: User) -> DirectChannel:
        """The direct messages between `user` and the bot, the same from every guild."""
        return direct_channel(self.world, user)

    def drop_channel(self, channel: GuildChannel) -> None:
        """Forget a channel and its threads. Call `channel.delete()`, which also tells the bot."""
        del self.channels[channel.id], self.world.channels[channel.id]
        for thread in [other for other in self.channels.values() if isinstance(other, Thread)]:
            if thread.parent is channel:
                del self.channels[thread.id], self.world.channels[thread.id]

    def payload(self) -> Json:
        """https://docs.discord.com/developers/resources/guild#guild-object"""
        return _UNUSED_FEATURES | {
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner.id),
            "preferred_locale": self.locale,
            "roles": [role.payload() for role in self.roles.values()],
        }

    def gateway_payload(self) -> Json:
        """GUILD_CREATE; without the members intent it lists only the bot.

        https://docs.discord.com/developers/events/gateway-events#guild-create
        """
        bot = self.bot
        return self.payload() | {
            "joined_at": iso(self.bot_joined_at or self.world.clock.now()),
            "large": False,
            "member_count": len(self.members),
            "voice_states": [],
            "members": [] if bot is None else [bot.payload()],
            "channels": [c.payload() for c in self.channels.values() if not isinstance(c, Thread)],
            "threads": [c.payload() for c in self.channels.values() if isinstance(c, Thread) and not c.archived],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }

    def _place(self, channel: GuildChannel) -> None:
        self.channels[channel.id] = channel
        self.world.channels[channel.id] = channel

    def _emit(self, name: str, payload: Json, needs: Intents = Intents.GUILDS) -> None:
        if self.bot is None and name != "GUILD_DELETE":
            self.world.changed()
            return
        self.world.emit(Event(name, payload, self.id, needs))


_UNUSED_FEATURES: Json = {
    "icon": None,
    "description": None,
    "home_header": None,
    "splash": None,
    "discovery_splash": None,
    "features": [],
    "banner": None,
    "application_id": None,
    "region": "deprecated",
    "afk_channel_id": None,
    "afk_timeout": 300,
    "system_channel_id": None,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "widget_channel_id": None,
    "verification_level": 0,
    "default_message_notifications": 1,
    "mfa_level": 0,
    "explicit_content_filter": 0,
    "max_presences": None,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "vanity_url_code": None,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "premium_progress_bar_enabled": False,
    "rules_channel_id": None,
    "safety_alerts_channel_id": None,
    "public_updates_channel_id": None,
    "nsfw": False,
    "nsfw_level": 0,
    "emojis": [],
    "stickers": [],
    "incidents_data": None,
    "latest_onboarding_question_id": None,
}


def new_guild(world: World, name: str, *, owner: User, upload_limit: int, locale: str) -> Guild:
    """A guild with @everyone and its owner, without the bot."""
    guild = Guild(world, world.snowflakes.take(), name, owner, upload_limit, locale)
    guild.roles[guild.id] = Role(guild.id, "@everyone", permissions.EVERYONE, 0)
    guild.members[owner.id] = Member(guild, owner, [], Permissions.NONE, world.clock.now())
    world.guilds[guild.id] = guild
    world.changed()
    return guild
