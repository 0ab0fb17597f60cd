"""The names of the bot's servers and channels: stored when they are new or have changed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import discord

from bot.domain.guild_names import MOST_CHANNELS, GuildNames
from bot.domain.identifiers import ChannelId, GuildId

Keep = Callable[[GuildId, GuildNames], Awaitable[None]]


class NameNews:
    """Calls `keep`, one call at a time; a server waits in line at most once, and is read when its turn comes."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._turn = asyncio.Lock()
        self._waiting: set[GuildId] = set()
        self._kept: dict[GuildId, int] = {}

    async def hear(self, guild: discord.Guild) -> None:
        """The server or one of its channels may have a new name. Raises what `keep` raises."""
        guild_id = GuildId(guild.id)
        if guild_id in self._waiting:
            return
        self._waiting.add(guild_id)
        try:
            async with self._turn:
                self._waiting.discard(guild_id)
                await self._keep_new(guild_id, _names(guild))
        finally:
            self._waiting.discard(guild_id)

    def forget(self, guild_id: GuildId) -> None:
        """The bot has left; if it comes back, the names are stored again."""
        self._kept.pop(guild_id, None)

    async def _keep_new(self, guild_id: GuildId, names: GuildNames) -> None:
        mark = hash((names.name, frozenset(names.channels.items())))
        if self._kept.get(guild_id) != mark:
            await self._keep(guild_id, names)
            self._kept[guild_id] = mark


def _names(guild: discord.Guild) -> GuildNames:
    channels = {ChannelId(channel.id): str(channel.name) for channel in guild.channels[:MOST_CHANNELS]}
    return GuildNames(str(guild.name), channels)
