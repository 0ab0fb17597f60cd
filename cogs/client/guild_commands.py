"""Commands of one server alone, the operator's: sent to Discord when they change, removed when the server changes.

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
from cogs.client.patience import is_refusal

_log = logging.getLogger(__name__)


class GuildCommandStore(Protocol):
    """Remembers which server last got which commands."""

    async def load(self) -> str | None:
        """The digest saved last, or None."""

    async def save(self, digest: str) -> None:
        """Keep the digest."""


class GuildCommands:
    """The commands of `cogs`, for `guild_id` alone; None takes back what another server was given before."""

    def __init__(self, *, guild_id: GuildId | None, cogs: Sequence[commands.Cog], store: GuildCommandStore) -> None:
        self._guild_id = guild_id
        self._cogs = cogs
        self._store = store

    async def add_to(self, client: commands.AutoShardedBot) -> None:
        """Add the commands to the client, without telling Discord yet."""
        if self._guild_id is not None:
            for cog in self._cogs:
                if client.get_cog(cog.qualified_name) is None:  # a login that is tried again comes here again
                    await client.add_cog(cog, guild=discord.Object(self._guild_id))

    async def send(self, tree: app_commands.CommandTree[Any]) -> None:
        """Send Discord the commands if they differ from what it got last, and remove those of a former server.

        Raises what discord.py raises when Discord refuses them, for example because the bot is not in that server.
        """
        before = await self._store.load() or ""
        wanted = "" if self._guild_id is None else f"{self._guild_id} {_digest(tree, self._guild_id)}"
        if before == wanted:
            return
        former = before.partition(" ")[0]
        if former and former != str(self._guild_id):
            await _take_back(tree, GuildId(int(former)))
        if self._guild_id is not None:
            await _send(tree, self._guild_id)
        await self._store.save(wanted)


async def _take_back(tree: app_commands.CommandTree[Any], guild_id: GuildId) -> None:
    """The tree has no commands for that server any more, so syncing clears them."""
    try:
        await _send(tree, guild_id)
    except discord.HTTPException as error:
        if not is_refusal(error):
            raise
        facts = {"action": "guild_commands_left", "guild": guild_id, "error": str(error)}
        _log.info("The former operator's server cannot be reached any more", extra=facts)


async def _send(tree: app_commands.CommandTree[Any], guild_id: GuildId) -> None:
    await tree.sync(guild=discord.Object(guild_id))
    _log.info("Commands of a server sent to Discord", extra={"action": "guild_commands_synced", "guild": guild_id})


def _digest(tree: app_commands.CommandTree[Any], guild_id: GuildId) -> str:
    definition = [command.to_dict(tree) for command in tree.get_commands(guild=discord.Object(guild_id))]
    facts = [Route.BASE, tree.client.application_id, definition]
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
