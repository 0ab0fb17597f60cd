"""Where a command was used, and whether the bot may show a video there; checked before anything is spent.

Interactions arrive even from channels that the bot cannot see, so their `app_permissions` decide.
"""

from __future__ import annotations

from dataclasses import dataclass

import discord

from bot.domain.identifiers import ChannelId, GuildId, RoleId, UserId
from bot.errors import InvalidSetting, PlaceRefused
from cogs.interactions.answers import Interaction


@dataclass(frozen=True, slots=True)
class Place:
    """Who used a command, and where; `parent_channel_id` is the channel of a thread."""

    guild_id: GuildId
    channel_id: ChannelId
    user_id: UserId
    role_ids: frozenset[RoleId] = frozenset()
    parent_channel_id: ChannelId | None = None


def place_of(interaction: Interaction) -> Place:
    """The server, channel and member of a command.

    Raises `PlaceRefused` outside a server; Discord does not offer our commands there, but we do not rely on it.
    """
    if interaction.guild_id is None or interaction.channel_id is None:
        raise PlaceRefused("This command only works in a channel of a server. Nothing was spent.")
    return Place(
        guild_id=GuildId(interaction.guild_id),
        channel_id=ChannelId(interaction.channel_id),
        user_id=UserId(interaction.user.id),
        role_ids=_roles_of(interaction.user),
        parent_channel_id=_parent_of(interaction.channel),
    )


def _roles_of(user: discord.User | discord.Member) -> frozenset[RoleId]:
    """The roles that the interaction itself names, so no cache of members or roles is needed."""
    return frozenset(RoleId(role_id) for role_id in user._roles) if isinstance(user, discord.Member) else frozenset()  # noqa: SLF001  `roles` lists cached roles only


def _parent_of(channel: object) -> ChannelId | None:
    return ChannelId(channel.parent_id) if isinstance(channel, discord.Thread) else None


def require_room_for_video(interaction: Interaction) -> None:
    """Check that the bot may see, write and attach here.

    Raises `PlaceRefused` that names each missing permission.
    """
    missing = missing_permissions(
        interaction.app_permissions, in_thread=isinstance(interaction.channel, discord.Thread)
    )
    if missing:
        raise PlaceRefused(
            f"The bot cannot post videos here, because it lacks {permissions_in_words(missing)}. "
            "An admin can change that in the channel's settings. Nothing was spent."
        )


def require_room_for_log(interaction: Interaction, channel_id: ChannelId | None) -> None:
    """Check that the bot may see the channel and write there, if it knows the channel.

    Raises `InvalidSetting` that names each missing permission.
    """
    guild = interaction.guild
    channel = None if guild is None or channel_id is None else guild.get_channel(channel_id)
    if guild is None or channel is None:
        return
    granted = channel.permissions_for(guild.me)
    needed = {"View Channel": granted.view_channel, "Send Messages": granted.send_messages}
    missing = [name for name, is_granted in needed.items() if not is_granted]
    if missing:
        raise InvalidSetting(
            f"The bot cannot report in {channel.mention}, because it lacks {permissions_in_words(missing)} there. "
            "Nothing was changed."
        )


def missing_permissions(granted: discord.Permissions, *, in_thread: bool) -> list[str]:
    """Discord's own names of the permissions that showing a video needs and the bot lacks."""
    needed = {
        "View Channel": granted.view_channel,
        "Send Messages in Threads" if in_thread else "Send Messages": (
            granted.send_messages_in_threads if in_thread else granted.send_messages
        ),
        "Embed Links": granted.embed_links,
        "Attach Files": granted.attach_files,
    }
    return [name for name, is_granted in needed.items() if not is_granted]


def permissions_in_words(names: list[str]) -> str:
    """For example: the permissions "View Channel" and "Send Messages"."""
    quoted = [f'"{name}"' for name in names]
    if len(quoted) == 1:
        return f"the permission {quoted[0]}"
    return f"the permissions {', '.join(quoted[:-1])} and {quoted[-1]}"
