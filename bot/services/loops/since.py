"""How long ago this process first saw something, by the monotonic clock, which never jumps."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import timedelta
from typing import Generic, TypeVar

from bot.clock import Clock

Key = TypeVar("Key", bound=Hashable)

REMEMBERED = 10_000
"""Keys; the oldest are forgotten first, and then start again from zero."""


class Since(Generic[Key]):
    """Starts counting for a key when it is first asked about."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._met_at: dict[Key, float] = {}

    def passed(self, key: Key) -> timedelta:
        """The time since the first call for this key; zero at that call."""
        now = self._clock.monotonic()
        met_at = self._met_at.setdefault(key, now)
        if len(self._met_at) > REMEMBERED:
            del self._met_at[next(iter(self._met_at))]
        return timedelta(seconds=now - met_at)

    def forget(self, key: Key) -> None:
        self._met_at.pop(key, None)
