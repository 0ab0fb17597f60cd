"""Where the stand-in takes the time from, so that tests can move it.

A clock is any callable that returns an aware UTC time.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The machine's time, in UTC."""
    return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved.

    clock = ManualClock()
    clock.advance(timedelta(days=8))
    """

    def __init__(self, started_at: datetime = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)) -> None:
        self._now = started_at

    def __call__(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move the time forward by `by`."""
        self._now += by
