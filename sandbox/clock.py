"""Where the sandbox gets the time from, so that a test can let a token expire without waiting 15 minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The time of day."""

    def now(self) -> datetime:
        """Aware, in UTC."""


class MovableClock:
    """Real time, plus what a test has added to it.

    It keeps running, because the bot on the other side of the socket lives in real time.
    """

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def advance(self, duration: timedelta) -> None:
        """Let `duration` pass at once. Never backwards: ids would lose their order."""
        if duration < timedelta():
            raise ValueError("a clock only moves forwards")
        self._ahead += duration


class ManualClock:
    """Stands still until a test moves it."""

    def __init__(self, started_at: datetime = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)) -> None:
        self._now = started_at

    def now(self) -> datetime:
        return self._now

    def advance(self, duration: timedelta) -> None:
        """Let `duration` pass at once."""
        self._now += duration
