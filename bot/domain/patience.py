"""How long something has been seen to stay the same: the evidence that ends a wait. Pure.

A wait ends when it was *seen* to go on over a span, many times. How old a row is, a wall clock that jumps and hours
in which nobody looked prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LONGEST_GAP = timedelta(hours=1)
"""What counts between two sightings at most: a process that stood still for a day has seen nothing of that day."""

LEAST_TIMES = 10
"""A wait needs so many sightings, each for a tenth of it at most: two of them say nothing of the time between them."""


class Reason(StrEnum):
    """What is waited through; the values are stored."""

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
    """So many sightings of the same, and the time between the first and the last as far as somebody looked."""

    span: timedelta = timedelta(0)
    times: int = 0

    def seen_after(self, gap: timedelta, enough: timedelta) -> Wait:
        """The wait with one more sighting, `gap` after the one before; `enough` is what will fill it."""
        counted = min(max(gap, timedelta(0)), LONGEST_GAP, enough / LEAST_TIMES)
        return Wait(self.span + counted, self.times + 1)

    def fills(self, enough: timedelta) -> bool:
        """Whether this was long enough, and seen often enough."""
        return self.span >= enough and self.times >= LEAST_TIMES
