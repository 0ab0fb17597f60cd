"""Each way in which Discord can refuse has its meaning for us."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import aiohttp
import discord
import pytest

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
from cogs.interactions.discord_errors import ERROR_OF_CODE, calling_discord, translated

MEANING_OF_CODE = {
    10003: (404, ChannelClosed),
    10004: (404, ChannelClosed),
    10008: (404, MessageGone),
    10013: (404, DirectMessageRefused),
    10015: (404, MessageGone),
    10062: (404, MessageGone),
    20016: (429, DiscordUnavailable),
    30046: (429, DiscordUnavailable),
    40005: (413, FileTooLarge),
    40006: (503, DiscordUnavailable),
    40060: (400, AnsweredAlready),
    40333: (403, DiscordUnreachable),
    50001: (403, ChannelClosed),
    50005: (403, MessageGone),
    50007: (403, DirectMessageRefused),
    50009: (403, ChannelClosed),
    50013: (403, PermissionMissing),
    50027: (401, MessageGone),
    50035: (400, DiscordRejected),
    50083: (400, ChannelClosed),
    50278: (403, DirectMessageRefused),
    130000: (503, DiscordUnavailable),
    160005: (400, ChannelClosed),
}

MEANING_OF_STATUS = {
    400: DiscordRejected,
    401: DiscordUnavailable,
    403: ChannelClosed,
    404: MessageGone,
    413: FileTooLarge,
    429: DiscordUnavailable,
    500: DiscordUnavailable,
    503: DiscordUnavailable,
}


def _answer(status: int, code: int = 0) -> discord.HTTPException:
    response = SimpleNamespace(status=status, reason="for a test")
    body = {"code": code, "message": "in Discord's words"}
    return discord.HTTPException(cast("aiohttp.ClientResponse", response), body)


def test_every_code_of_the_table_is_tested() -> None:
    assert set(MEANING_OF_CODE) == set(ERROR_OF_CODE)


@pytest.mark.parametrize(("code", "status", "meaning"), [(c, *rest) for c, rest in MEANING_OF_CODE.items()])
def test_a_code_of_discord_has_its_meaning(code: int, status: int, meaning: type[DiscordError]) -> None:
    error = translated(_answer(status, code))

    assert type(error) is meaning
    assert str(code) in str(error)


@pytest.mark.parametrize(("status", "meaning"), MEANING_OF_STATUS.items())
def test_an_unknown_code_is_read_by_its_status(status: int, meaning: type[DiscordError]) -> None:
    assert type(translated(_answer(status, 987654))) is meaning


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 408, 410, 429, 451, 500, 502, 503])
@pytest.mark.parametrize(
    "said", [{"code": 0, "message": "403: Forbidden"}, {"code": "x"}, "<html></html>", ""], ids=str
)
def test_an_answer_without_a_code_of_discords_says_nothing_about_the_message(
    status: int, said: dict[str, object] | str
) -> None:
    response = SimpleNamespace(status=status, reason="for a test")

    error = translated(discord.HTTPException(cast("aiohttp.ClientResponse", response), said))

    assert type(error) is DiscordUnreachable


def test_a_plain_413_without_json_is_a_file_too_large() -> None:
    response = SimpleNamespace(status=413, reason="Payload Too Large")

    error = translated(discord.HTTPException(cast("aiohttp.ClientResponse", response), "<html>too large</html>"))

    assert type(error) is FileTooLarge


@pytest.mark.parametrize(
    "failure",
    [
        discord.RateLimited(120.0),
        aiohttp.ServerDisconnectedError(),
        aiohttp.ClientPayloadError(),
        ConnectionResetError(104, "reset"),
        TimeoutError(),
        json.JSONDecodeError("Expecting value", "<html>", 0),
    ],
    ids=lambda failure: type(failure).__name__,
)
async def test_whatever_passes_by_itself_is_worth_trying_again(failure: Exception) -> None:
    with pytest.raises(DiscordUnavailable):
        async with calling_discord(timedelta(seconds=5)):
            raise failure


async def test_a_call_that_hangs_is_given_up() -> None:
    with pytest.raises(DiscordUnavailable):
        async with calling_discord(timedelta(milliseconds=5)):
            await asyncio.Event().wait()


async def test_an_error_that_is_not_discords_is_left_alone() -> None:
    with pytest.raises(ZeroDivisionError):
        async with calling_discord(timedelta(seconds=5)):
            _ = 1 // 0
