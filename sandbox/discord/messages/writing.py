"""Sending, editing and deleting messages.

`send`, `edit` and `delete` are for the bot's token and check its permissions; `post`, `revise` and `remove` do the work
for these and for interactions.
"""

from __future__ import annotations

from sandbox.discord.channels import Channel, DirectChannel, GuildChannel
from sandbox.discord.errors import ApiError, Problem, malformed
from sandbox.discord.events import Event, Intents
from sandbox.discord.form import Form
from sandbox.discord.messages import access
from sandbox.discord.messages.composing import Setting, compose
from sandbox.discord.messages.flags import IN_CHANNELS, MessageType
from sandbox.discord.messages.notifying import notify
from sandbox.discord.messages.record import Message, Version
from sandbox.discord.messages.showing import message_payload
from sandbox.discord.permissions import Permissions
from sandbox.discord.wire import Json
from sandbox.discord.world import World

NONCE_MAX = 25


async def send(world: World, channel: Channel, form: Form) -> Message:
    """A new message by the bot; with `enforce_nonce`, the one that it already sent with the same nonce.

    https://docs.discord.com/developers/resources/message#create-message
    """
    access.require_sending(world, channel, form)
    nonce = form.payload.get("nonce")
    if nonce is not None and len(str(nonce)) > NONCE_MAX:
        raise malformed(("nonce",), "NONCE_TYPE_TOO_LONG", f"Must be {NONCE_MAX} or fewer in length.")
    if form.payload.get("enforce_nonce") and (sent := _sent_before(world, channel, nonce)) is not None:
        return sent
    version = await compose(world, form, Setting(channel, allowed_flags=IN_CHANNELS))
    message = new_message(world, channel, version)
    message.nonce = nonce
    message.reply_to = _reply_target(world, channel, form.payload)
    message.kind = MessageType.DEFAULT if message.reply_to is None else MessageType.REPLY
    post(world, message)
    return message


async def edit(world: World, message: Message, form: Form) -> Message:
    """Raises 50005 for somebody else's message, 50083 in an archived thread, 30046 for too many edits of old messages.

    https://docs.discord.com/developers/resources/message#edit-message
    """
    if message.author is not world.application.bot:
        raise ApiError(Problem.NOT_THE_AUTHOR)
    access.require_unarchived(message.channel)
    access.require(world, message.channel, Permissions.VIEW_CHANNEL | access.needed_for(form))
    access.require_young_enough(world, message)
    version = await compose(world, form, Setting(message.channel, previous=message.now))
    revise(world, message, version)
    return message


def delete(world: World, message: Message) -> None:
    """Raises 50013 for somebody else's message without Manage Messages, 50083 in an archived thread."""
    access.require_unarchived(message.channel)
    if message.author is not world.application.bot:
        access.require(world, message.channel, Permissions.MANAGE_MESSAGES)
    remove(world, message)


def new_message(world: World, channel: Channel, version: Version) -> Message:
    """A message by the bot, not yet posted."""
    return Message(world.snowflakes.take(), channel, world.application.bot, world.clock.now(), [version])


def post(world: World, message: Message) -> None:
    """Put a message into its channel, ping, and dispatch it unless it is ephemeral."""
    world.messages[message.id] = message
    messages = message.channel.ephemeral_messages if message.ephemeral else message.channel.messages
    messages.append(message)
    notify(world, message)
    _dispatch(world, message, "MESSAGE_CREATE")


def revise(world: World, message: Message, version: Version, *, marked: bool = True) -> None:
    """Add a new version; with `marked` it counts as edited."""
    message.versions.append(version)
    if marked:
        message.edited_at = version.at
    _dispatch(world, message, "MESSAGE_UPDATE")


def remove(world: World, message: Message) -> None:
    """Delete a message: 10008 from now on."""
    message.deleted_at = world.clock.now()
    messages = message.channel.ephemeral_messages if message.ephemeral else message.channel.messages
    messages.remove(message)
    guild_id = message.channel.guild_id
    gone: Json = {"id": str(message.id), "channel_id": str(message.channel.id)}
    _emit(world, message, "MESSAGE_DELETE", gone | ({} if guild_id is None else {"guild_id": str(guild_id)}))


def _sent_before(world: World, channel: Channel, nonce: object) -> Message | None:
    since = world.clock.now() - world.limits.nonce_memory
    recent = (message for message in reversed(channel.messages) if message.created_at > since)
    return next((m for m in recent if m.nonce is not None and str(m.nonce) == str(nonce)), None)


def _reply_target(world: World, channel: Channel, payload: Json) -> Message | None:
    reference = payload.get("message_reference")
    if not reference:
        return None
    target = world.messages.get(int(reference["message_id"]))
    if target is not None and target.channel is channel and not target.deleted and not target.ephemeral:
        return target
    if reference.get("fail_if_not_exists", True):
        raise malformed(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    return None


def _dispatch(world: World, message: Message, name: str) -> None:
    payload = message_payload(world, message)
    channel = message.channel
    if isinstance(channel, GuildChannel):
        member = channel.guild.members.get(message.author.id)
        payload["guild_id"] = str(channel.guild.id)
        if member is not None:
            payload["member"] = member.payload(with_user=False)
    _emit(world, message, name, payload)


def _emit(world: World, message: Message, name: str, payload: Json) -> None:
    channel = message.channel
    if message.ephemeral or (isinstance(channel, GuildChannel) and channel.guild.bot is None):
        world.changed()
        return
    needs = Intents.DIRECT_MESSAGES if isinstance(channel, DirectChannel) else Intents.GUILD_MESSAGES
    world.emit(Event(name, payload, channel.guild_id, needs))
