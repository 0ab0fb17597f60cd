"""The message object as Discord returns and dispatches it.

https://docs.discord.com/developers/resources/message#message-object
"""

from __future__ import annotations

from sandbox.discord.components.showing import shown
from sandbox.discord.messages.record import Message
from sandbox.discord.wire import Json, iso, iso_or_null
from sandbox.discord.world import World


def message_payload(world: World, message: Message, *, with_reference: bool = True) -> Json:
    """With newly signed links, as in every answer of Discord."""
    version = message.now
    payload: Json = {
        "id": str(message.id),
        "type": int(message.kind),
        "channel_id": str(message.channel.id),
        "author": message.author.payload(),
        "content": version.content,
        "timestamp": iso(message.created_at),
        "edited_timestamp": iso_or_null(message.edited_at),
        "tts": False,
        "pinned": False,
        "mention_everyone": version.mentions.everyone,
        "mentions": [world.users[user].payload() for user in version.mentions.users if user in world.users],
        "mention_roles": [str(role) for role in version.mentions.roles],
        "attachments": [world.files.payload(attachment) for attachment in version.attachments],
        "embeds": [{"type": "rich"} | embed for embed in version.embeds],
        "components": shown(version.components, lambda media: _media(world, message, media)),
        "flags": int(version.flags),
    }
    payload |= _origin(message)
    if with_reference:
        payload |= _reference(world, message)
    return payload


def _media(world: World, message: Message, media: Json) -> Json:
    attachment_id = media.get("attachment_id")
    attachment = next((a for a in message.attachments if str(a.id) == attachment_id), None)
    if attachment is None:
        return {"id": str(message.id), "url": media["url"], "proxy_url": media["url"], "content_type": None}
    return {
        "id": str(attachment.id),
        "attachment_id": str(attachment.id),
        "url": (link := world.files.link(attachment)),
        "proxy_url": link,
        "content_type": attachment.content_type,
        "width": attachment.width,
        "height": attachment.height,
    }


def _origin(message: Message) -> Json:
    if message.nonce is not None:
        return {"nonce": message.nonce}
    if message.interaction is None:
        return {}
    application_id = str(message.author.id)
    metadata = message.interaction.metadata()
    return {"application_id": application_id, "webhook_id": application_id, "interaction_metadata": metadata}


def _reference(world: World, message: Message) -> Json:
    target = message.reply_to
    if target is None:
        return {}
    guild_id = target.channel.guild_id
    reference: Json = {"type": 0, "channel_id": str(target.channel.id), "message_id": str(target.id)}
    if guild_id is not None:
        reference["guild_id"] = str(guild_id)
    shown_target = None if target.deleted else message_payload(world, target, with_reference=False)
    return {"message_reference": reference, "referenced_message": shown_target}
