"""Asking Discord until it answers: what counts as "not reachable now", and how long to wait before asking again.

Only Discord's own JSON counts as a refusal. Cloudflare and proxies in front of Discord send 403, 404 and 429 of their
own, and an answer that makes no sense says nothing. 10,000 invalid requests in 10 minutes get an address banned: one
try here sends at most a dozen requests, with growing pauses between tries.
https://docs.discord.com/developers/topics/rate-limits#invalid-request-limit-aka-cloudflare-bans
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Final, TypeVar

import aiohttp
import discord

from bot.clock import Clock

Answer = TypeVar("Answer")

FIRST_PAUSE: Final = timedelta(seconds=2)
LONGEST_PAUSE: Final = timedelta(minutes=1)
LONGEST_REQUEST: Final = timedelta(minutes=10)
"""The longest wait that an answer's `Retry-After` can ask for."""

LONGEST_TRY: Final = timedelta(minutes=2)
"""For one try. discord.py itself tries five times, and waits up to 30 s for a rate limit."""

EDGE_CODE: Final = 40333
"""Discord's edge: "internal network error". https://github.com/discord/discord-api-docs/pull/6557"""

NO_ANSWER: Final = (
    discord.HTTPException,
    discord.RateLimited,
    aiohttp.ClientError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
)
"""What a call to Discord may raise; from `ValueError` on, the answer made no sense."""


async def patiently(
    ask: Callable[[], Awaitable[Answer]], clock: Clock, *, say: Callable[[str, timedelta], None]
) -> Answer:
    """What `ask` returns, however long Discord cannot be reached; `say` gets each failure and the pause after it.

    Raises Discord's refusals: a `discord.HTTPException` for which `is_refusal` is true.
    """
    for pause in pauses():
        try:
            async with asyncio.timeout(LONGEST_TRY.total_seconds()):
                return await ask()
        except NO_ANSWER as error:
            if isinstance(error, discord.HTTPException) and is_refusal(error):
                raise
            wait = max(pause, min(_wished(error), LONGEST_REQUEST))
            say(in_short(error), wait)
        await clock.sleep(wait)
    raise AssertionError("Pauses do not end")


def pauses() -> Iterator[timedelta]:
    """2, 4, 8 … 60 seconds, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * 2, LONGEST_PAUSE)


def is_refusal(error: discord.HTTPException) -> bool:
    """Whether Discord itself refuses, so asking again is useless."""
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return False
    return is_unauthorized(error) or (bool(error.code) and error.code != EDGE_CODE)


def is_unauthorized(error: discord.HTTPException) -> bool:
    """Discord's 401 for a wrong token: JSON, with code 0."""
    kind = error.response.headers.get("Content-Type", "")
    return error.status == HTTPStatus.UNAUTHORIZED and kind.startswith("application/json")


def in_short(error: Exception) -> str:
    """The failure for a log line, without what was sent."""
    if isinstance(error, discord.HTTPException):
        return f"HTTP {error.status}" + (f", code {error.code}" if error.code else "")
    if isinstance(error, discord.RateLimited):
        return "rate limit"
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return type(error).__name__
    return f"unreadable answer ({type(error).__name__})"


def _wished(error: Exception) -> timedelta:
    """How long the answer says to wait."""
    seconds = 0.0
    if isinstance(error, discord.RateLimited):
        seconds = error.retry_after
    elif isinstance(error, discord.HTTPException):
        with suppress(ValueError):
            seconds = float(error.response.headers.get("Retry-After", ""))
    return timedelta(seconds=seconds) if 0 < seconds <= LONGEST_REQUEST.total_seconds() else timedelta(0)
