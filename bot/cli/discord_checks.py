"""The doctor's checks of Discord: the login, and whether the bot can use the places that the settings name.

They only read: nothing is posted. https://docs.discord.com/developers/reference
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
from discord import Permissions

from bot.cli.finding import Finding
from bot.domain.guild_names import named
from bot.settings import Settings
from bot.web.bounded import read_bounded

TIMEOUT = aiohttp.ClientTimeout(total=15)
LARGEST_ANSWER = 1 * 2**20
MOST_SKEW = timedelta(seconds=30)
THREADS: Final = frozenset({10, 11, 12})
"""https://docs.discord.com/developers/resources/channel#channel-object-channel-types"""

_UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)


class _Refused(Exception):
    """Discord answered with an error."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def login(settings: Settings) -> list[Finding]:
    if settings.discord_token is None:
        return [Finding("Discord login", False, "DISCORD_TOKEN is missing", "Developer Portal → Bot → Reset Token")]
    try:
        application = await _ask(settings, "/applications/@me")
        name, number = str(application["name"]), str(application["id"])
    except _Refused as refused:
        if refused.status == 401:
            advice = "Copy DISCORD_TOKEN again: Developer Portal → Bot → Reset Token"
            return [Finding("Discord login", False, "the token is refused", advice)]
        return [_no_answer("Discord login", refused)]
    except (aiohttp.ClientError, TimeoutError, *_UNREADABLE) as error:
        return [_no_answer("Discord login", error)]
    link = Finding("Discord application", True, f"{name!r} ({number}); `videobot invite` prints its link")
    return [Finding("Discord login", True, "the token is accepted"), link]


async def alert_channel(settings: Settings) -> list[Finding]:
    """Nothing without ALERT_CHANNEL_ID, or if the login check already says what is wrong."""
    number, subject = settings.alert_channel_id, "Alert channel"
    if number is None or settings.discord_token is None:
        return []
    try:
        channel = await _ask(settings, f"/channels/{number}")
        may_write = "guild_id" not in channel or await _may_write(settings, channel)
        name = channel.get("name")
    except _Refused as refused:
        return _no_place(subject, refused, f"channel {number}", "ALERT_CHANNEL_ID")
    except (aiohttp.ClientError, TimeoutError, *_UNREADABLE) as error:
        return [_no_answer(subject, error)]
    if not may_write:
        fact = f"the bot cannot write in channel {named(number, name and str(name))}"
        return [Finding(subject, False, fact, "Give the bot View Channel and Send Messages there")]
    return [Finding(subject, True, f"the bot can write in channel {named(number, name and str(name))}")]


async def operator_server(settings: Settings) -> list[Finding]:
    """Nothing without OPERATOR_GUILD_ID, or if the login check already says what is wrong."""
    number, subject = settings.operator_guild_id, "Operator's server"
    if number is None or settings.discord_token is None:
        return []
    try:
        guild = await _ask(settings, f"/guilds/{number}")
        return [Finding(subject, True, f"the bot is in server {named(number, str(guild['name']))}")]
    except _Refused as refused:
        return _no_place(subject, refused, f"server {number}", "OPERATOR_GUILD_ID")
    except (aiohttp.ClientError, TimeoutError, *_UNREADABLE) as error:
        return [_no_answer(subject, error)]


async def clock(settings: Settings) -> list[Finding]:
    """Compared with Discord's clock: interactions must be answered within seconds of their time stamp."""
    address = str(settings.discord_api_base).rstrip("/") + "/gateway"
    try:
        async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(address) as answer:
            theirs = parsedate_to_datetime(answer.headers["Date"])
    except (aiohttp.ClientError, TimeoutError, KeyError, ValueError) as error:
        return [Finding("Clock", False, f"could not be checked: {_why(error)}", "Check the network")]
    skew = abs(datetime.now(UTC) - theirs)
    advice = "" if skew <= MOST_SKEW else "Set the machine's clock, for example with NTP"
    return [Finding("Clock", skew <= MOST_SKEW, f"{skew.total_seconds():.0f} s off Discord's", advice)]


async def _ask(settings: Settings, path: str) -> dict[str, Any]:
    token = settings.discord_token.get_secret_value() if settings.discord_token else ""
    address = str(settings.discord_api_base).rstrip("/") + path
    headers = {"Authorization": f"Bot {token}"}
    async with aiohttp.ClientSession(timeout=TIMEOUT) as session, session.get(address, headers=headers) as answer:
        if answer.status != 200:
            raise _Refused(answer.status)
        found = json.loads(await read_bounded(answer.content, most_bytes=LARGEST_ANSWER))
    if not isinstance(found, dict):
        raise TypeError("Discord did not answer with an object")
    return found


async def _may_write(settings: Settings, channel: Mapping[str, Any]) -> bool:
    """https://docs.discord.com/developers/topics/permissions#permission-overwrites"""
    guild_id = str(channel["guild_id"])
    is_thread = channel["type"] in THREADS
    if is_thread:
        channel = await _ask(settings, f"/channels/{channel['parent_id']}")
    bot_id = str((await _ask(settings, "/users/@me"))["id"])
    guild = await _ask(settings, f"/guilds/{guild_id}")
    member = await _ask(settings, f"/guilds/{guild_id}/members/{bot_id}")
    own = {guild_id, *map(str, member["roles"])}
    allowed = Permissions.none()
    for role in guild["roles"]:
        if str(role["id"]) in own:
            allowed |= Permissions(int(role["permissions"]))
    if allowed.administrator:
        return True
    overwrites = {str(one["id"]): one for one in channel.get("permission_overwrites", ())}
    for group in ({guild_id}, own - {guild_id}, {bot_id}):
        denied, granted = Permissions.none(), Permissions.none()
        for one in (overwrites[number] for number in group & overwrites.keys()):
            denied |= Permissions(int(one["deny"]))
            granted |= Permissions(int(one["allow"]))
        allowed = Permissions((allowed.value & ~denied.value) | granted.value)
    return allowed.view_channel and (allowed.send_messages_in_threads if is_thread else allowed.send_messages)


def _no_place(subject: str, refused: _Refused, what: str, variable: str) -> list[Finding]:
    """Nothing about a refused token: the login check already says so."""
    if refused.status == 401:
        return []
    if refused.status == 404:
        return [Finding(subject, False, f"Discord knows no {what}", f"Copy {variable} again, or leave it empty")]
    if refused.status == 403:
        advice = f"Let the bot see it (`videobot invite` prints the link), or correct {variable}"
        return [Finding(subject, False, f"the bot cannot see {what}", advice)]
    return [_no_answer(subject, refused)]


def _no_answer(subject: str, error: Exception) -> Finding:
    return Finding(subject, False, f"no answer: {_why(error)}", "Check the network and DISCORD_API_BASE, then retry")


def _why(error: Exception) -> str:
    """In words: the name of a library's class does not help anybody who runs a bot."""
    if isinstance(error, _Refused):
        return f"Discord answered with HTTP {error.status}"
    if isinstance(error, TimeoutError):
        return "it took too long"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "the host's name does not resolve"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "there is no connection"
    if isinstance(error, aiohttp.ClientError):
        return "the connection was lost"
    return "the answer is not Discord's"
