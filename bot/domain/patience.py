"""How long something has been seen to stay the same: the evidence that ends a wait. Pure.

A wait ends when it was *seen* to last for a span, many times. The age of a row, a wall clock that jumps and hours in
which nobody looked prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LONGEST_GAP = timedelta(hours=1)
"""The most that counts between two sightings: a process that stood still for a day saw nothing of that day."""

LEAST_TIMES = 10
"""A wait needs this many sightings, each worth at most a tenth of it: two say nothing of the time between them."""


class Reason(StrEnum):
    """What a wait is for; the values are stored."""

    MAKING = "making"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    UNCONFIRMED = "unconfirmed"
    NOT_SHOWN = "not_shown"
    NOT_TOLD = "not_told"
    LEFT = "left"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Wait:
    """How often the same was seen, and the time from the first to the last sighting, as far as somebody looked."""

    span: timedelta = timedelta(0)
    times: int = 0

    def seen_after(self, gap: timedelta, enough: timedelta) -> Wait:
        """The wait with one more sighting, `gap` after the last one; `enough` is how long the wait is."""
        counted = min(max(gap, timedelta(0)), LONGEST_GAP, enough / LEAST_TIMES)
        return Wait(self.span + counted, self.times + 1)

    def fills(self, enough: timedelta) -> bool:
        """Whether this was long enough, and seen often enough."""
        return self.span >= enough and self.times >= LEAST_TIMES
