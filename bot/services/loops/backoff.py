"""How long to leave something alone after a failed try: twice as long each time, up to a limit.

Deliberately kept in memory: after a restart everything is simply tried again.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from bot.clock import Clock

Key = TypeVar("Key", bound=Hashable)


REMEMBERED = 10_000
"""Failed keys; beyond that, the oldest is forgotten and simply tried again."""


@dataclass(frozen=True, slots=True)
class _Wait:
    failures: int
    until: float


class Backoff(Generic[Key]):
    """Remembers when each failed key may be tried again."""

    def __init__(self, clock: Clock, *, first: timedelta, longest: timedelta) -> None:
        self._clock = clock
        self._first = first
        self._longest = longest
        self._waits: dict[Key, _Wait] = {}

    def failed(self, key: Key, *, at_least: timedelta = timedelta(0), at_most: timedelta = timedelta.max) -> timedelta:
        """Count a failure; returns how long the key is left alone. The bounds are for special kinds of failure.

        Failures during a pause are not counted again: those calls were already in flight.
        """
        if key in self._waits and not self.is_due(key):
            return timedelta(seconds=self._waits[key].until - self._clock.monotonic())
        failures = self.failures(key) + 1
        pause = min(self._first * float(2 ** min(failures - 1, 20)), self._longest)
        pause = max(min(pause, at_most), at_least)
        if len(self._waits) >= REMEMBERED:
            self._waits.pop(next(iter(self._waits)))
        self._waits[key] = _Wait(failures, self._clock.monotonic() + pause.total_seconds())
        return pause

    def failures(self, key: Key) -> int:
        """How often the key has failed since it last succeeded."""
        return self._waits[key].failures if key in self._waits else 0

    def succeeded(self, key: Key) -> None:
        self._waits.pop(key, None)

    def is_due(self, key: Key) -> bool:
        wait = self._waits.get(key)
        return wait is None or wait.until <= self._clock.monotonic()
