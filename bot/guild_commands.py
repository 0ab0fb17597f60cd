"""Commands that one server alone has: the operator's, sent to Discord when they change, and taken back when moved.

https://docs.discord.com/developers/interactions/application-commands#registering-a-command
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Sequence
from typing import Any, Protocol

import discord
from discord import app_commands
from discord.ext import commands
from discord.http import Route

from bot.domain.identifiers import GuildId

_log = logging.getLogger(__name__)


class GuildCommandStore(Protocol):
    """Remembers which server was given which commands last."""

    async def load(self) -> str | None:
        """What was saved last, or None."""

    async def save(self, digest: str) -> None:
        """Keep it."""


class GuildCommands:
    """The commands of `cogs`, for `guild_id` alone; None takes back what another server was given before."""

    def __init__(self, *, guild_id: GuildId | None, cogs: Sequence[commands.Cog], store: GuildCommandStore) -> None:
        self._guild_id = guild_id
        self._cogs = cogs
        self._store = store

    async def offer(self, client: commands.AutoShardedBot) -> None:
        """Add the commands to the client, and send them to Discord if they differ from what it was sent last.

        A server that the bot is not in is said in the log and tried again at the next start: the rest of the bot works
        without it.
        """
        if self._guild_id is not None:
            for cog in self._cogs:
                if client.get_cog(cog.qualified_name) is None:  # a login that is tried again comes here again
                    await client.add_cog(cog, guild=discord.Object(self._guild_id))
        await self._send_changes(client.tree)

    async def _send_changes(self, tree: app_commands.CommandTree[Any]) -> None:
        before = await self._store.load() or ""
        wanted = "" if self._guild_id is None else f"{self._guild_id} {_digest(tree, self._guild_id)}"
        if before == wanted:
            return
        former = before.partition(" ")[0]
        if former and former != str(self._guild_id):
            await _send(tree, GuildId(int(former)), is_former=True)
        if self._guild_id is None or await _send(tree, self._guild_id):
            await self._store.save(wanted)


async def _send(tree: app_commands.CommandTree[Any], guild_id: GuildId, *, is_former: bool = False) -> bool:
    """A server that had the commands before has none in the tree any more, so that sending clears them."""
    try:
        await tree.sync(guild=discord.Object(guild_id))
    except (discord.Forbidden, discord.NotFound) as error:
        facts = {"action": "guild_commands_refused", "guild": guild_id, "error": str(error)}
        _log.log(logging.INFO if is_former else logging.ERROR, "The bot is not in the operator's server", extra=facts)
        return False
    _log.info("Commands of a server sent to Discord", extra={"action": "guild_commands_synced", "guild": guild_id})
    return True


def _digest(tree: app_commands.CommandTree[Any], guild_id: GuildId) -> str:
    definition = [command.to_dict(tree) for command in tree.get_commands(guild=discord.Object(guild_id))]
    facts = [Route.BASE, tree.client.application_id, definition]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
