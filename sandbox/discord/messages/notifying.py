"""Whom a new message pings. Edits and ephemeral answers ping nobody.

https://docs.discord.com/developers/resources/message#allowed-mentions-object
"""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.discord.channels import DirectChannel, GuildChannel
from sandbox.discord.messages.flags import MessageFlags
from sandbox.discord.messages.record import Message
from sandbox.discord.people import Notification, NotificationReason, User
from sandbox.discord.permissions import Permissions
from sandbox.discord.world import World


def notify(world: World, message: Message) -> None:
    """Record one notification per person, with the strongest reason."""
    if message.ephemeral:
        return
    silent = MessageFlags.SUPPRESS_NOTIFICATIONS in message.flags
    told = {message.author.id}
    for user, reason in _reached(world, message):
        if user.id in told or user.bot or Permissions.VIEW_CHANNEL not in message.channel.permissions_of(user):
            continue
        told.add(user.id)
        user.notifications.append(Notification(message, reason, message.created_at, silent))


def _reached(world: World, message: Message) -> Iterator[tuple[User, NotificationReason]]:
    mentions, channel = message.now.mentions, message.channel
    if isinstance(channel, DirectChannel):
        yield channel.recipient, NotificationReason.DIRECT
    for user_id in mentions.users:
        if user_id in world.users:
            yield world.users[user_id], NotificationReason.USER
    if message.reply_to is not None and mentions.replied_user and message.interaction is None:
        yield message.reply_to.author, NotificationReason.REPLY
    if isinstance(channel, GuildChannel):
        yield from _reached_in_guild(channel, message)


def _reached_in_guild(channel: GuildChannel, message: Message) -> Iterator[tuple[User, NotificationReason]]:
    mentions, guild = message.now.mentions, channel.guild
    everything = Permissions.MENTION_EVERYONE in channel.permissions_of(message.author)
    for role_id in mentions.roles:
        role = guild.roles.get(role_id)
        if role is not None and (role.mentionable or everything):
            yield from ((m.user, NotificationReason.ROLE) for m in guild.members.values() if role in m.roles)
    if mentions.everyone and everything:
        yield from ((member.user, NotificationReason.EVERYONE) for member in guild.members.values())
