"""How long to leave something alone after a failed try: twice as long each time, up to a limit.

Kept in memory on purpose: after a restart everything is simply tried again.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from bot.clock import Clock

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class _Wait:
    failures: int
    until: float


class Backoff(Generic[Key]):
    """Remembers, for each key that failed, when it may be tried again."""

    def __init__(self, clock: Clock, *, first: timedelta, longest: timedelta) -> None:
        self._clock = clock
        self._first = first
        self._longest = longest
        self._waits: dict[Key, _Wait] = {}

    def failed(self, key: Key) -> timedelta:
        """Count a failure; returns how long the key is left alone.

        A failure of something begun before the last one was known is the same trouble, and is not counted again.
        """
        if key in self._waits and not self.is_due(key):
            return timedelta(seconds=self._waits[key].until - self._clock.monotonic())
        failures = self._waits[key].failures + 1 if key in self._waits else 1
        pause = min(self._first * float(2 ** min(failures - 1, 20)), self._longest)
        self._waits[key] = _Wait(failures, self._clock.monotonic() + pause.total_seconds())
        return pause

    def succeeded(self, key: Key) -> None:
        self._waits.pop(key, None)

    def is_due(self, key: Key) -> bool:
        wait = self._waits.get(key)
        return wait is None or wait.until <= self._clock.monotonic()
