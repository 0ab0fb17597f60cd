"""Rate limits as arithmetic: when may the next request of this kind go? No I/O and no clock; the time is passed in.

PowerPost counts requests in windows of a minute on its own clock and answers 429 beyond the limit. Two rules, which
must both allow a request, keep a key below that line:

1. *Ours.* A request occupies a place from when it is sent until 60 s after its answer, and no endpoint ever has more
   places taken than its limit. That suffices for any window of 60 s, wherever it begins, whatever the latency and
   however wrong either clock is: of all requests counted in one window [a, a+60), take the one sent last. It was sent
   before a+60; each of the others was counted at a or later, hence answered at a or later, hence still occupied its
   place then. So there were at most as many as there are places. The clocks need only agree on how long a minute is; a
   tenth of a second is added for that.
2. *PowerPost's.* Somebody else may use the same key, so `X-RateLimit-Remaining`, less all that is in flight, bounds
   what may be sent until the reset. The reset is taken relative to the answer's own `Date`.

Limits vary by endpoint, so each has its own places. Endpoints whose limit is not known yet share 30 places. Whether
endpoints with equal limits share a counter is not documented: rule 2 assumes that they do, and what one hears of a
window applies to the others until their own next answer corrects it.

https://powerpost.ai/docs (rate limits); https://www.rfc-editor.org/rfc/rfc9110#field.date
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain

from bot.powerpost.limits import RateLimit
from bot.powerpost.protocol import Endpoint

DEFAULT_LIMIT = 30
WINDOW = timedelta(minutes=1)
_OCCUPIED = WINDOW.total_seconds() + 0.1
_ROUNDING = 1.0  # resets, dates and retry times are whole seconds
_LOOK_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request on its way; give it back to `Pacing.answered` or `Pacing.refused`, once, however the request ended."""

    endpoint: Endpoint
    number: int
    """Counts the requests of a key in the order of sending; answers may come in another."""


class Pacing:
    """The limits of one API key, shared by everything that sends with it.

    Times are seconds of a monotonic clock. Ask `wait` before sending, take a ticket with `sent` when sending, and give
    it back. Nothing here awaits, so asking and taking can be one step for the tasks of one event loop.
    """

    def __init__(self, *, default_limit: int = DEFAULT_LIMIT) -> None:
        self._default_limit = default_limit
        self._lanes = {endpoint: _Lane() for endpoint in Endpoint}
        self._paused_until = float("-inf")
        self._sent = 0

    def limit(self, endpoint: Endpoint) -> int:
        """Requests per minute, as PowerPost last stated."""
        return self._lanes[endpoint].limit or self._default_limit

    def spacing(self, endpoint: Endpoint) -> timedelta:
        """The interval between requests spread evenly over the limit: 60 s / B."""
        return WINDOW / self.limit(endpoint)

    def wait(self, endpoint: Endpoint, now: float, *, spare: int = 0) -> timedelta:
        """How long to wait before asking again; zero means that the request may be sent now.

        `spare` places stay free for others: polling leaves some for orders.
        """
        spare = min(max(spare, 0), self.limit(endpoint) - 1)
        ready_at = max(
            self._paused_until,
            self._lanes[endpoint].paused_until,
            self._place_at(endpoint, now, spare),
            self._room_at(endpoint, now, spare),
        )
        return timedelta(seconds=max(ready_at - now, 0.0))

    def sent(self, endpoint: Endpoint) -> Ticket:
        """Note that a request goes out now."""
        self._lanes[endpoint].in_flight += 1
        self._sent += 1
        return Ticket(endpoint, self._sent)

    def answered(self, ticket: Ticket, now: float, said: RateLimit | None = None) -> None:
        """Note an answer and what it said about limits; None when no answer came."""
        lane = self._lanes[ticket.endpoint]
        lane.in_flight -= 1
        lane.answered_at.append(now)
        if said is not None and said.limit is not None:
            lane.limit = said.limit
        if said is not None and said.remaining is not None:
            ends_at = now + (said.resets_in or WINDOW).total_seconds() + _ROUNDING
            self._see(_Window(lane.limit, said.reset, said.remaining, ends_at), ticket, now)
        elif window := lane.window_at(now):
            lane.window = replace(window, remaining=window.remaining - 1)

    def refused(self, ticket: Ticket, now: float, said: RateLimit, retry_after: timedelta | None) -> None:
        """Note a 429: nothing is sent for `retry_after` (else until the reset, else for a minute).

        The pause is for the endpoint if the headers say that its window is used up, else for the whole key.
        """
        self.answered(ticket, now, said)
        pause = retry_after or said.resets_in or WINDOW
        until = now + pause.total_seconds() + _ROUNDING
        if said.limit is not None and said.remaining == 0:
            lane = self._lanes[ticket.endpoint]
            lane.paused_until = max(lane.paused_until, until)
        else:
            self._paused_until = max(self._paused_until, until)

    def _place_at(self, endpoint: Endpoint, now: float, spare: int) -> float:
        """Rule 1: when a slot is free."""
        lane = self._lanes[endpoint]
        sharing = [lane] if lane.limit else [each for each in self._lanes.values() if not each.limit]
        for each in sharing:
            each.forget(now)
        taken = sum(each.in_flight + len(each.answered_at) for each in sharing)
        to_leave = taken + spare + 1 - self.limit(endpoint)
        if to_leave <= 0:
            return now
        leaving = sorted(chain.from_iterable(each.answered_at for each in sharing))
        return leaving[to_leave - 1] + _OCCUPIED if to_leave <= len(leaving) else now + _LOOK_AGAIN

    def _room_at(self, endpoint: Endpoint, now: float, spare: int) -> float:
        """Rule 2: when PowerPost's own count leaves room. Right after a reset, everything in flight may count again."""
        lane, limit = self._lanes[endpoint], self.limit(endpoint)
        in_flight = sum(self._lanes[each].in_flight for each in Endpoint if self.limit(each) == limit)
        windows = [window for each in self._lanes.values() if (window := each.window_at(now))]
        if lane.window:
            windows = [lane.window]
        elif lane.limit:
            windows = [window for window in windows if window.limit == limit]
        full = [window.ends_at for window in windows if window.left <= in_flight + spare]
        if full:
            return max(full)
        return now if windows or in_flight + spare < limit else now + _LOOK_AGAIN

    def _see(self, seen: _Window, ticket: Ticket, now: float) -> None:
        lane = self._lanes[ticket.endpoint]
        known = lane.window_at(now)
        if known and known.is_later_than(seen):
            return
        lane.window = known.narrowed_by(seen, ticket) if known and known.is_same_as(seen) else seen
        for other in self._lanes.values():
            if other is not lane and other.window:
                other.window = other.window.beside(seen, sent=self._sent)


@dataclass(frozen=True, slots=True)
class _Window:
    """One of PowerPost's windows, according to answers: `reset` is PowerPost's name for it, `ends_at` the latest end.

    `remaining` is what the endpoint's own answers said, `heard` what another endpoint's answer said when `heard_at`
    requests had been sent.
    """

    limit: int | None
    reset: int | None
    remaining: int
    ends_at: float
    heard: int | None = None
    heard_at: int = 0

    @property
    def left(self) -> int:
        return self.remaining if self.heard is None else min(self.remaining, self.heard)

    def is_same_as(self, other: _Window) -> bool:
        return self.reset is not None and (self.limit, self.reset) == (other.limit, other.reset)

    def is_later_than(self, other: _Window) -> bool:
        """True for an answer that one from the next window has overtaken."""
        return self.reset is not None and other.reset is not None and other.reset < self.reset

    def beside(self, seen: _Window, *, sent: int) -> _Window | None:
        """This window after another endpoint's `seen`: if they share a counter, it is emptier, or over."""
        if self.is_same_as(seen):
            return replace(self, heard=min(seen.remaining, self.left), heard_at=sent)
        return None if self.limit == seen.limit and seen.is_later_than(self) else self

    def narrowed_by(self, seen: _Window, ticket: Ticket) -> _Window:
        """This window after its own answer. Answers overtake each other, but what remains of a window only shrinks.

        Only a request sent after something was heard can correct it.
        """
        remaining, ends_at = min(self.remaining, seen.remaining), min(self.ends_at, seen.ends_at)
        heard = self.heard if ticket.number <= self.heard_at else None
        return replace(self, remaining=remaining, ends_at=ends_at, heard=heard)


class _Lane:
    """One endpoint: its limit if told, its requests in flight, and when the answered ones of the last minute ended."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self.window: _Window | None = None
        self.in_flight = 0
        self.answered_at: deque[float] = deque()
        self.paused_until = float("-inf")

    def window_at(self, now: float) -> _Window | None:
        """The window, if it is known to be still open."""
        if self.window is not None and self.window.ends_at <= now:
            self.window = None
        return self.window

    def forget(self, now: float) -> None:
        """Drop requests that no longer occupy a place."""
        while self.answered_at and self.answered_at[0] + _OCCUPIED <= now:
            self.answered_at.popleft()
