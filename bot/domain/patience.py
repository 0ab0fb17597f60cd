"""How long something has been seen to stay the same: the evidence that ends a wait. Pure.

A wait ends when it was *seen* to go on over a span, several times. How old a row is, a wall clock that jumps and hours
in which nobody looked prove nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

LONGEST_GAP = timedelta(hours=1)
"""What counts between two sightings at most: a process that stood still for a day has seen nothing of that day."""

LEAST_TIMES = 3
"""A wait that was seen less often is not over, however long it was."""


class Reason(StrEnum):
    """What is waited through; the values are stored."""

    MAKING = "making"
    UNKNOWN = "unknown"
    UNCONFIRMED = "unconfirmed"
    NOT_SHOWN = "not_shown"
    NOT_TOLD = "not_told"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Wait:
    """So many sightings of the same, and the time between the first and the last as far as somebody looked."""

    span: timedelta = timedelta(0)
    times: int = 0

    def seen_after(self, gap: timedelta) -> Wait:
        """The wait with one more sighting, `gap` after the one before."""
        return Wait(self.span + min(max(gap, timedelta(0)), LONGEST_GAP), self.times + 1)

    def fills(self, enough: timedelta) -> bool:
        """Whether this was long enough, and seen often enough."""
        return self.span >= enough and self.times >= LEAST_TIMES
