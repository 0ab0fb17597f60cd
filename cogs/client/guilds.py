"""Which servers the bot is in: each change is reported once, however often Discord repeats it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from bot.domain.identifiers import GuildId

Tell = Callable[[GuildId], Awaitable[object]]


class GuildNews:
    """Calls `on_seen` and `on_gone`, one call at a time and in order.

    Discord announces every server at every new session, and may repeat that at any time. Successful calls are
    remembered; while a server waits for its turn, newer news replace older.
    """

    def __init__(self, *, on_seen: Tell, on_gone: Tell) -> None:
        self._tell = {True: on_seen, False: on_gone}
        self._turn = asyncio.Lock()
        self._news: dict[GuildId, bool] = {}
        self._told: dict[GuildId, bool] = {}

    async def seen(self, guild_id: GuildId) -> None:
        """The bot is in this server. Raises what `on_seen` raises; the next announcement tries again."""
        await self._hear(guild_id, is_here=True)

    async def gone(self, guild_id: GuildId) -> None:
        """The bot is not in this server any more."""
        await self._hear(guild_id, is_here=False)

    async def _hear(self, guild_id: GuildId, *, is_here: bool) -> None:
        is_waiting = guild_id in self._news
        if not is_waiting and self._told.get(guild_id) is is_here:
            return
        self._news[guild_id] = is_here
        if is_waiting:
            return
        try:
            async with self._turn:
                await self._tell_latest(guild_id)
        finally:
            del self._news[guild_id]

    async def _tell_latest(self, guild_id: GuildId) -> None:
        while self._told.get(guild_id) is not (latest := self._news[guild_id]):
            await self._tell[latest](guild_id)
            self._told[guild_id] = latest
