"""Where discord.py's exceptions become the product's own: a table of Discord's codes, a function, a context manager.

Only Discord's own codes say that something is gone, closed or forbidden. An answer without one comes from something in
front of Discord (a Cloudflare page, a proxy's 404), and only means that Discord cannot be reached now.

Codes: https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import discord

from bot.errors import (
    AnsweredAlready,
    ChannelClosed,
    DirectMessageRefused,
    DiscordError,
    DiscordRejected,
    DiscordUnavailable,
    DiscordUnreachable,
    FileTooLarge,
    MessageGone,
    PermissionMissing,
)

ERROR_OF_CODE: Final[dict[int, type[DiscordError]]] = {
    10003: ChannelClosed,  # Unknown Channel
    10004: ChannelClosed,  # Unknown Guild
    10008: MessageGone,  # Unknown Message
    10013: DirectMessageRefused,  # Unknown User
    10015: MessageGone,  # Unknown Webhook: the interaction is over
    10062: MessageGone,  # Unknown Interaction: answered too late
    20016: DiscordUnavailable,  # slow mode
    30046: DiscordUnavailable,  # too many edits of messages older than an hour
    40005: FileTooLarge,  # Request entity too large
    40006: DiscordUnavailable,  # this feature has been temporarily disabled
    40060: AnsweredAlready,  # the interaction has an answer already
    40333: DiscordUnreachable,  # internal network error: Discord's edge, not Discord
    50001: ChannelClosed,  # Missing Access
    50005: MessageGone,  # not a message of ours
    50007: DirectMessageRefused,  # Cannot send messages to this user
    50009: ChannelClosed,  # channel verification level is too high
    50013: PermissionMissing,  # Missing Permissions
    50027: MessageGone,  # Invalid Webhook Token: the interaction is over
    50035: DiscordRejected,  # Invalid Form Body
    50083: ChannelClosed,  # archived thread
    50278: DirectMessageRefused,  # no mutual guild
    130000: DiscordUnavailable,  # overloaded
    160005: ChannelClosed,  # locked thread
}

ERROR_OF_STATUS: Final[dict[int, type[DiscordError]]] = {
    HTTPStatus.UNAUTHORIZED: DiscordUnavailable,
    HTTPStatus.FORBIDDEN: ChannelClosed,
    HTTPStatus.NOT_FOUND: MessageGone,
    HTTPStatus.TOO_MANY_REQUESTS: DiscordUnavailable,
}
"""For answers of Discord whose code is not in the table above."""

FAILURES_OF_DISCORD: Final = (
    discord.HTTPException,
    discord.RateLimited,
    discord.InteractionResponded,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    json.JSONDecodeError,  # something other than JSON that calls itself JSON
)


@asynccontextmanager
async def calling_discord(within: timedelta) -> AsyncIterator[None]:
    """Give the calls inside at most `within`, and raise their failures as `DiscordError`."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            yield
    except FAILURES_OF_DISCORD as error:
        raise translated(error) from error


def translated(error: Exception) -> DiscordError:
    """The product's error for one of `FAILURES_OF_DISCORD`; its text holds Discord's code and sentence."""
    if isinstance(error, discord.HTTPException):
        return _class_of_answer(error)(str(error))
    if isinstance(error, discord.InteractionResponded):
        return MessageGone(str(error))
    if isinstance(error, discord.RateLimited):
        return DiscordUnavailable(str(error))
    return DiscordUnreachable(f"{type(error).__name__}: {error}")


def _class_of_answer(error: discord.HTTPException) -> type[DiscordError]:
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return FileTooLarge
    said: object = error.code  # an int by Discord's documentation; an edge may put anything there
    code = said if isinstance(said, int) else 0
    if code in ERROR_OF_CODE:
        return ERROR_OF_CODE[code]
    if not code:
        return DiscordUnreachable
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return DiscordUnavailable
    return ERROR_OF_STATUS.get(error.status, DiscordRejected)
