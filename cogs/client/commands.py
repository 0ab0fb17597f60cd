"""Telling Discord which commands there are, in the background: until it takes them, members have the ones it knows.

Discord takes 200 new commands per day from an application, and refuses to overwrite its Entry Point command away.
https://docs.discord.com/developers/interactions/application-commands#registering-a-command
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands

from bot.clock import Clock
from bot.errors import StorageError
from cogs.client.patience import LONGEST_TRY, in_short, is_refusal

_log = logging.getLogger(__name__)

DAILY_LIMIT: Final = 30034
ENTRY_POINT: Final = 50240
"""https://docs.discord.com/developers/topics/opcodes-and-status-codes#json-json-error-codes"""

_TreeCommand = app_commands.Command[Any, Any, Any] | app_commands.Group | app_commands.ContextMenu
_ENTRY_POINT_TYPE: Final = 4
_SENT_BACK = (
    "name",
    "name_localizations",
    "description",
    "description_localizations",
    "type",
    "handler",
    "contexts",
    "integration_types",
)
"""The fields of an existing command to send back so that it stays as it is."""

LONGEST_PAUSE: Final = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why commands were not taken: whether Discord refused, what to do, and the shortest pause before the next try."""

    is_refusal: bool
    advice: str
    pause: timedelta


_FAILURES = (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError, ValueError, StorageError)
_UNREACHABLE = _Trouble(False, "Nothing; the bot tries again", timedelta(seconds=2))
_NOT_THERE = _Trouble(
    True,
    "Invite the bot to that server (`videobot invite` prints the link), or correct OPERATOR_GUILD_ID",
    timedelta(minutes=5),
)
_ADVICE = {
    10004: _NOT_THERE,  # Unknown Guild
    50001: _NOT_THERE,  # Missing Access
    DAILY_LIMIT: _Trouble(
        True, "Nothing; Discord takes 200 new commands per day, and will take the rest tomorrow", timedelta(hours=1)
    ),
    ENTRY_POINT: _Trouble(
        True,
        "Discord Developer Portal → your application → Activities → Settings: switch Activities off. That removes the "
        "Entry Point command, which the bot does not use",
        timedelta(minutes=5),
    ),
}
_OTHER = _Trouble(True, "Ask for help with this line; a newer version of the bot may fix it", timedelta(minutes=5))


async def keep_offering(send: Callable[[], Awaitable[None]], clock: Clock, *, scope: str) -> None:
    """Call `send` until it succeeds, with growing pauses, then wait for the end of the process.

    A refusal is logged as an ERROR with what to do; anything else as a WARNING.
    """
    failures = 0
    while (trouble := await _try(send, scope)) is not None:
        pause = min(trouble.pause * 2.0 ** min(failures, 20), LONGEST_PAUSE)
        failures += 1
        await clock.sleep(pause)
    await asyncio.Event().wait()


async def _try(send: Callable[[], Awaitable[None]], scope: str) -> _Trouble | None:
    try:
        async with asyncio.timeout(LONGEST_TRY.total_seconds()):
            await send()
    except _FAILURES as error:
        trouble = _trouble(error)
        facts = {"action": "commands_refused" if trouble.is_refusal else "commands_later", "scope": scope}
        level = logging.ERROR if trouble.is_refusal else logging.WARNING
        said = "Discord did not take the commands; it keeps the ones it has, and the bot tries again later"
        _log.log(level, said, extra=facts | {"error": _reason(error), "what_to_do": trouble.advice})
        return trouble
    return None


def _trouble(error: Exception) -> _Trouble:
    if not isinstance(error, discord.HTTPException) or not is_refusal(error):
        return _UNREACHABLE
    return _ADVICE.get(error.code, _OTHER)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, (discord.HTTPException, StorageError)) else in_short(error)


async def send_global_commands(tree: app_commands.CommandTree[Any]) -> None:
    """Replace the application's commands, and keep its Entry Point command if it has one."""
    try:
        await tree.sync()
    except discord.HTTPException as refused:
        if refused.code != ENTRY_POINT:
            raise
        await _send_with_entry_point(tree)


async def _send_with_entry_point(tree: app_commands.CommandTree[Any]) -> None:
    http, application_id = tree.client.http, tree.client.application_id or 0
    known: list[Any] = await http.get_global_commands(application_id)
    kept = [command for command in known if command.get("type") == _ENTRY_POINT_TYPE]
    names = [command.get("name") for command in kept]
    _log.info("The Entry Point command is kept", extra={"action": "entry_point_kept", "commands": names})
    ours = [await _definition(command, tree) for command in tree.get_commands()]
    theirs = [{key: command[key] for key in _SENT_BACK if command.get(key)} for command in kept]
    await http.bulk_upsert_global_commands(application_id, payload=[*ours, *theirs])


async def _definition(command: _TreeCommand, tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
    if tree.translator is None:
        return command.to_dict(tree)
    return await command.get_translated_payload(tree, tree.translator)
