"""Rate limits as PowerPost's headers describe them: a number of requests per fixed window of 60 seconds.

A window opens with the first request after the last one closed, so a burst never spans two windows by chance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.clock import Clock
from sandbox.powerpost.errors import RateLimited

WINDOW: Final = timedelta(seconds=60)
DEFAULT_LIMIT: Final = 30


@dataclass(frozen=True, slots=True)
class Window:
    """One account's window: how many requests were made in it, and when it closes."""

    used: int
    closes_at: datetime

    def headers(self, limit: int) -> dict[str, str]:
        """The three `X-RateLimit-*` headers; the reset is in unix seconds."""
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(limit - self.used, 0)),
            "X-RateLimit-Reset": str(math.ceil(self.closes_at.timestamp())),
        }


class RateLimiter:
    """Counts requests per owner (an account's id, or an address for requests without a valid key)."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[str, Window] = {}

    def window(self, owner: str) -> Window:
        """The owner's open window, or a new one."""
        now = self._clock.now()
        window = self._windows.get(owner)
        if window is None or window.closes_at <= now:
            window = self._windows[owner] = Window(used=0, closes_at=now + WINDOW)
        return window

    def spend(self, owner: str, limit: int) -> None:
        """Count one request, or raise `RateLimited`; a refused request is not counted."""
        window = self.window(owner)
        if window.used >= limit:
            raise RateLimited(math.ceil((window.closes_at - self._clock.now()).total_seconds()))
        self._windows[owner] = replace(window, used=window.used + 1)
