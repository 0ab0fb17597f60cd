"""One log line per kind of trouble and minute, however often it happens."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

from bot.clock import Clock

_PAUSE: Final = 60.0


class OncePerMinute:
    """Every kind is remembered, so callers must keep the kinds few."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said_at: dict[Hashable, float] = {}
        self._unsaid: dict[Hashable, int] = {}

    def times(self, kind: Hashable) -> int:
        """0 when this one need not be logged; else how many events this line stands for."""
        now = self._clock.monotonic()
        self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
        if kind in self._said_at and now - self._said_at[kind] < _PAUSE:
            return 0
        self._said_at[kind] = now
        return self._unsaid.pop(kind)
