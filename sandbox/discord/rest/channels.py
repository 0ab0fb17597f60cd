"""Channels and their messages, with the bot's token.

https://docs.discord.com/developers/resources/message
"""

from __future__ import annotations

from aiohttp import web

from sandbox.discord.errors import malformed
from sandbox.discord.messages import access, writing
from sandbox.discord.messages.record import Message
from sandbox.discord.messages.showing import message_payload
from sandbox.discord.permissions import Permissions
from sandbox.discord.rest.exchange import answer, form_of, nothing, path_id, snowflake, world_of

_MESSAGES = "/channels/{channel_id}/messages"
_MESSAGE = "/channels/{channel_id}/messages/{message_id}"
_LIST_MAX = 100
_LIST_DEFAULT = 50


def routes() -> list[web.RouteDef]:
    return [
        web.get("/channels/{channel_id}", get_channel),
        web.post("/channels/{channel_id}/typing", start_typing),
        web.get(_MESSAGES, list_messages),
        web.post(_MESSAGES, create_message),
        web.get(_MESSAGE, get_message),
        web.patch(_MESSAGE, edit_message),
        web.delete(_MESSAGE, delete_message),
    ]


async def get_channel(request: web.Request) -> web.Response:
    return answer(access.visible_channel(world_of(request), path_id(request, "channel_id")).payload())


async def start_typing(request: web.Request) -> web.Response:
    world = world_of(request)
    channel = access.visible_channel(world, path_id(request, "channel_id"))
    access.require(world, channel, Permissions.SEND_MESSAGES)
    return nothing()


async def list_messages(request: web.Request) -> web.Response:
    """Newest first; empty without Read Message History."""
    world = world_of(request)
    channel = access.visible_channel(world, path_id(request, "channel_id"))
    if Permissions.READ_MESSAGE_HISTORY not in channel.permissions_of(world.application.bot):
        return answer([])
    return answer([message_payload(world, message) for message in _page(channel.messages, request)])


async def create_message(request: web.Request) -> web.Response:
    world = world_of(request)
    channel = access.visible_channel(world, path_id(request, "channel_id"))
    message = await writing.send(world, channel, form_of(request))
    return answer(message_payload(world, message))


async def get_message(request: web.Request) -> web.Response:
    world = world_of(request)
    channel = access.visible_channel(world, path_id(request, "channel_id"))
    access.require(world, channel, Permissions.READ_MESSAGE_HISTORY)
    return answer(message_payload(world, access.public_message(world, channel, path_id(request, "message_id"))))


async def edit_message(request: web.Request) -> web.Response:
    world, message = world_of(request), _message(request)
    await writing.edit(world, message, form_of(request))
    return answer(message_payload(world, message))


async def delete_message(request: web.Request) -> web.Response:
    writing.delete(world_of(request), _message(request))
    return nothing()


def _message(request: web.Request) -> Message:
    world = world_of(request)
    channel = access.visible_channel(world, path_id(request, "channel_id"))
    return access.public_message(world, channel, path_id(request, "message_id"))


def _page(messages: list[Message], request: web.Request) -> list[Message]:
    limit = int(request.query.get("limit", _LIST_DEFAULT))
    if not 1 <= limit <= _LIST_MAX:
        raise malformed(("limit",), "NUMBER_TYPE_MAX", f"int value should be between 1 and {_LIST_MAX}.")
    newest_first = list(reversed(messages))
    if "around" in request.query:
        return _around(newest_first, snowflake(request.query["around"], "around"), limit)
    if "after" in request.query:
        after = snowflake(request.query["after"], "after")
        return [message for message in newest_first if message.id > after][-limit:]
    if "before" in request.query:
        before = snowflake(request.query["before"], "before")
        newest_first = [message for message in newest_first if message.id < before]
    return newest_first[:limit]


def _around(newest_first: list[Message], middle: int, limit: int) -> list[Message]:
    older = [message for message in newest_first if message.id <= middle][: limit // 2 + 1]
    newer = [message for message in newest_first if message.id > middle][-(limit // 2) :] if limit > 1 else []
    return [*newer, *older][:limit]
