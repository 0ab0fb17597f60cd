"""Sizes that Discord has refused, so that large videos are not uploaded in vain again and again.

Kept in memory: limits rise when a server is boosted, and vary from day to day (Discord states them nowhere reliably).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.domain.identifiers import GuildId

REMEMBERED_FOR = timedelta(hours=12)
"""How long a refusal counts; then the next large video finds out whether more is accepted."""


@dataclass(frozen=True, slots=True)
class _Refusal:
    size: int
    until: float


class UploadLimits:
    """The smallest size refused per server; None stands for all direct messages."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._refusals: dict[GuildId | None, _Refusal] = {}

    async def may_take(self, guild_id: GuildId | None, file: Path) -> bool:
        """Whether uploading `file` there is worth trying."""
        refusal = self._current(guild_id)
        return refusal is None or await _size(file) < refusal.size

    async def refused(self, guild_id: GuildId | None, file: Path) -> None:
        """Remember that `file` was too large there."""
        size, before = await _size(file), self._current(guild_id)
        self._forget_old_ones()
        smallest = size if before is None else min(size, before.size)
        self._refusals[guild_id] = _Refusal(smallest, self._clock.monotonic() + REMEMBERED_FOR.total_seconds())

    def _forget_old_ones(self) -> None:
        now = self._clock.monotonic()
        self._refusals = {place: refusal for place, refusal in self._refusals.items() if refusal.until > now}

    def _current(self, guild_id: GuildId | None) -> _Refusal | None:
        refusal = self._refusals.get(guild_id)
        if refusal is not None and refusal.until <= self._clock.monotonic():
            del self._refusals[guild_id]
            return None
        return refusal


async def _size(file: Path) -> int:
    return (await asyncio.to_thread(file.stat)).st_size
