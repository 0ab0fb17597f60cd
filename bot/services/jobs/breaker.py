"""Holds orders back from a PowerPost account in trouble: each would end unanswered, and hold credits for a day.

orders go ──two orders without a clear answer──▶ they wait ──the pause is over──▶ a read, which is free
    ▲                                               ▲                               │        │
    └──a clear answer── one order, alone ◀──────────┼───────────answered────────────┘        │
                               └──anything else─────┴── (the pause doubles) ◀──not answered──┘
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum, auto

from bot.clock import Clock

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
UNCLEAR_ANSWERS = 2
"""After this many in a row, orders wait."""

REMEMBERED_FOR = timedelta(hours=1)
"""After the last unclear answer of an account that nobody orders with any more."""


class Step(Enum):
    """What may be sent to the account now."""

    ORDER = auto()
    READ = auto()
    WAIT = auto()


class Breaker:
    """The state of one account, in memory: a restart tries again. Tell it of each order and of each read it asked for.

    `retry_at` is when waiting orders are tried again, by the wall clock, for people; None while orders go out.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._unclear = 0
        self._pause = FIRST_PAUSE
        self._waits_until = float("-inf")
        self._troubled_at = float("-inf")
        self._has_read = False
        self._is_tried = False
        self.retry_at: datetime | None = None

    @property
    def is_at_rest(self) -> bool:
        """Whether it can be forgotten: no order is out, and what trouble there was is long ago."""
        return not self._is_tried and self._clock.monotonic() >= self._troubled_at + REMEMBERED_FOR.total_seconds()

    def next_step(self) -> Step:
        if self.retry_at is None:
            return Step.ORDER
        if self._is_tried or self._clock.monotonic() < self._waits_until:
            return Step.WAIT
        return Step.ORDER if self._has_read else Step.READ

    def ordered(self) -> None:
        """An order goes out; in trouble, no other does until it is answered."""
        self._is_tried = True

    def answered(self, *, clearly: bool) -> None:
        """The result of the order: a clear answer, good or bad, ends all trouble."""
        self._is_tried = False
        if clearly:
            self._unclear, self._pause, self.retry_at = 0, FIRST_PAUSE, None
            self._troubled_at = float("-inf")
            return
        self._unclear += 1
        self._troubled_at = self._clock.monotonic()
        if self._unclear >= UNCLEAR_ANSWERS:
            self._wait()

    def read(self, *, well: bool) -> None:
        """The result of the read; it matters only while orders wait."""
        if self.retry_at is None:
            return
        if well:
            self._has_read = True
        else:
            self._wait()

    def _wait(self) -> None:
        """Each wait is twice as long as the last."""
        if self.retry_at is not None:
            self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._has_read = False
        self._waits_until = self._clock.monotonic() + self._pause.total_seconds()
        self.retry_at = self._clock.now() + self._pause
