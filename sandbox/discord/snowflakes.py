"""Ids that contain their creation time and always increase.

https://docs.discord.com/developers/reference#snowflakes
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sandbox.clock import Clock

DISCORD_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_TIME_SHIFT = 22


class Snowflakes:
    """A source of ids; each is larger than every one before it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def take(self) -> int:
        milliseconds = (self._clock.now() - DISCORD_EPOCH) // timedelta(milliseconds=1)
        self._last = max(milliseconds << _TIME_SHIFT, self._last + 1)
        return self._last


def shard_of(guild_id: int, shard_count: int) -> int:
    """https://docs.discord.com/developers/events/gateway#sharding"""
    return (guild_id >> _TIME_SHIFT) % shard_count
