"""What the bot may do with a channel's messages using its token, and the error if it may not.

https://docs.discord.com/developers/topics/permissions
"""

from __future__ import annotations

from datetime import timedelta

from sandbox.discord.channels import Channel, DirectChannel, Thread
from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.form import Form
from sandbox.discord.messages.record import Message
from sandbox.discord.permissions import Permissions
from sandbox.discord.world import World


def visible_channel(world: World, channel_id: int) -> Channel:
    """Raises 10003 for a deleted channel, 50001 for one that the bot may not see."""
    channel = world.channel(channel_id)
    require(world, channel, Permissions.VIEW_CHANNEL)
    return channel


def public_message(world: World, channel: Channel, message_id: int) -> Message:
    """Raises 10008 for a message that does not exist; ephemeral ones never do for these endpoints."""
    message = world.messages.get(message_id)
    if message is None or message.channel is not channel or message.deleted or message.ephemeral:
        raise ApiError(Problem.UNKNOWN_MESSAGE)
    return message


def require(world: World, channel: Channel, needed: Permissions) -> None:
    """Raises 50001 if the channel is hidden from the bot, 50013 if another permission is missing."""
    held = channel.permissions_of(world.application.bot)
    if Permissions.VIEW_CHANNEL not in held:
        raise ApiError(Problem.MISSING_ACCESS)
    if needed not in held:
        raise ApiError(Problem.MISSING_PERMISSIONS)


def require_sending(world: World, channel: Channel, form: Form) -> None:
    """Raises unless the bot may post this form here. Unarchives a thread that is not locked."""
    if isinstance(channel, DirectChannel):
        _require_reachable(world, channel)
        return
    sending = Permissions.SEND_MESSAGES
    if isinstance(channel, Thread):
        sending = Permissions.SEND_MESSAGES_IN_THREADS
    require(world, channel, sending | needed_for(form))
    if isinstance(channel, Thread) and channel.archived:
        _unarchive(channel)


def require_unarchived(channel: Channel) -> None:
    """Raises 50083: messages of an archived thread cannot be changed."""
    if isinstance(channel, Thread) and channel.archived:
        raise ApiError(Problem.ARCHIVED_THREAD)


def needed_for(form: Form) -> Permissions:
    """The permissions for the form's embeds, files and reply, besides that of sending."""
    needed = Permissions.NONE
    if form.files:
        needed |= Permissions.ATTACH_FILES
    if form.payload.get("embeds"):
        needed |= Permissions.EMBED_LINKS
    if form.payload.get("message_reference"):
        needed |= Permissions.READ_MESSAGE_HISTORY
    return needed


def require_young_enough(world: World, message: Message) -> None:
    """Raises 30046 (a 429) if messages older than an hour were edited too often in this channel."""
    limits, now = world.limits, world.clock.now()
    if limits.old_edits is None or now - message.created_at < limits.old_message:
        return
    recent = [edit for edit in message.channel.edits_of_old_messages if now - edit < limits.old_edits_window]
    if len(recent) >= limits.old_edits:
        wait = recent[0] + limits.old_edits_window - now
        raise ApiError(Problem.TOO_MANY_OLD_EDITS, extra={"retry_after": wait / timedelta(seconds=1), "global": False})
    message.channel.edits_of_old_messages = [*recent, now]


def _require_reachable(world: World, channel: DirectChannel) -> None:
    recipient = channel.recipient
    guilds = world.guilds.values()
    if not any(guild.bot is not None and recipient.id in guild.members for guild in guilds):
        raise ApiError(Problem.NO_MUTUAL_GUILDS)
    if not recipient.takes_direct_messages:
        raise ApiError(Problem.DIRECT_MESSAGES_CLOSED)


def _unarchive(thread: Thread) -> None:
    if thread.locked and Permissions.MANAGE_THREADS not in thread.bot_permissions:
        raise ApiError(Problem.ARCHIVED_THREAD)
    thread.unarchive()
