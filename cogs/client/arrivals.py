"""Which interactions to handle: each once, and none so late that Discord told its member long ago that it failed.

Discord waits three seconds for an answer, but a resuming gateway repeats events, and a process that was paused finds
old ones waiting. An interaction's id says when it was made, by Discord's clock. Ours may be wrong and must not refuse
everybody, so Discord's time comes from the dates of its answers plus the monotonic clock. Before the first answer,
nothing is late. A refusal is itself answered, which brings a new date, so a drifted clock refuses only a few.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Final

from bot.clock import Clock

LATE_AFTER: Final = timedelta(seconds=10)
REMEMBERED: Final = 10_000
DATES_KEPT: Final = 5
"""A date that was read late (the process was paused) makes Discord's time seem earlier: the latest of a few counts."""

_EPOCH: Final = datetime(2015, 1, 1, tzinfo=UTC)


class Arrival(Enum):
    """What an interaction is when it arrives."""

    NEW = auto()
    REPEATED = auto()
    LATE = auto()


class Arrivals:
    """Judges interactions by their ids. https://docs.discord.com/developers/reference#snowflakes"""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._discord_minus_ours: deque[float] = deque(maxlen=DATES_KEPT)

    def dated(self, date: str) -> None:
        """Discord has just answered with this date."""
        try:
            theirs = parsedate_to_datetime(date).timestamp()
        except ValueError:
            return
        self._discord_minus_ours.append(theirs - self._clock.monotonic())

    def judge(self, interaction_id: int) -> Arrival:
        """What this interaction is; it is remembered from now on."""
        if interaction_id in self._seen:
            return Arrival.REPEATED
        self._seen[interaction_id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return Arrival.LATE if self._age(interaction_id) > LATE_AFTER else Arrival.NEW

    def _age(self, interaction_id: int) -> timedelta:
        if not self._discord_minus_ours:
            return timedelta(0)
        now = self._clock.monotonic() + max(self._discord_minus_ours)
        made_at = _EPOCH + timedelta(milliseconds=interaction_id >> 22)
        return timedelta(seconds=now - made_at.timestamp())
