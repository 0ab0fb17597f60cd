"""Pacing against a simulated PowerPost that counts in fixed windows of a minute on a clock of its own."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.powerpost.limits import RateLimit, read_rate_limit
from bot.powerpost.pacing import DEFAULT_LIMIT, Pacing, Ticket
from bot.powerpost.protocol import Endpoint

POLL, ORDER = Endpoint.GENERATION, Endpoint.GENERATE


@dataclass
class FixedWindows:
    """The server's side. `skew` is how far its clock is from ours, `shared` whether endpoints share one counter."""

    limit: int
    skew: float = 0.0
    shared: bool = False
    dated: bool = True
    headers: bool = True
    counts: dict[tuple[object, int], int] = field(default_factory=dict)
    refusals: int = 0

    def take(self, endpoint: Endpoint, now: float) -> tuple[bool, dict[str, str]]:
        clock = 1_773_000_000 + now + self.skew
        window = math.floor(clock / 60)
        counter = (None if self.shared else endpoint, window)
        self.counts[counter] = self.counts.get(counter, 0) + 1
        accepted = self.counts[counter] <= self.limit
        self.refusals += not accepted
        headers = {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(max(self.limit - self.counts[counter], 0)),
            "x-ratelimit-reset": str((window + 1) * 60),
        }
        if self.dated:
            headers["date"] = datetime.fromtimestamp(clock, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return accepted, headers if self.headers else {}


class Play:
    """A poller that takes every evenly spaced slot, and perhaps a submitter that wants one every now and then."""

    def __init__(
        self, server: FixedWindows, *, latency: tuple[float, float], order_every: float = 0, seed: int = 0
    ) -> None:
        self.answered = {POLL: 0, ORDER: 0}
        self._server, self._latency, self._order_every = server, latency, order_every
        self._random, self._pacing, self._serial = Random(seed), Pacing(), count()
        self._now = self._random.uniform(0, 60)
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._in(0, partial(self._ask, POLL))
        if order_every:
            self._in(0.5, partial(self._ask, ORDER))

    def run(self, *, minutes: float) -> dict[Endpoint, int]:
        """How many requests of each kind were accepted."""
        end = self._now + 60 * minutes
        while self._now < end:
            self._now, _, step = heapq.heappop(self._agenda)
            step()
        return self.answered

    def _in(self, seconds: float, step: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (self._now + seconds, next(self._serial), step))

    def _ask(self, endpoint: Endpoint) -> None:
        wait = self._pacing.wait(endpoint, self._now, spare=1 if endpoint is POLL else 0).total_seconds()
        if wait > 0:
            self._in(wait, partial(self._ask, endpoint))
            return
        self._in(self._random.uniform(*self._latency), partial(self._arrive, self._pacing.sent(endpoint)))
        pause = self._pacing.spacing(POLL).total_seconds() if endpoint is POLL else self._between_orders()
        self._in(pause, partial(self._ask, endpoint))

    def _arrive(self, ticket: Ticket) -> None:
        accepted, headers = self._server.take(ticket.endpoint, self._now)
        self._in(self._random.uniform(*self._latency), partial(self._hear, ticket, accepted, headers))

    def _hear(self, ticket: Ticket, accepted: bool, headers: dict[str, str]) -> None:
        said = read_rate_limit(headers, received_at=datetime.fromtimestamp(1_773_000_000 + self._now, UTC))
        if accepted:
            self.answered[ticket.endpoint] += 1
            self._pacing.answered(ticket, self._now, said)
        else:
            self._pacing.refused(ticket, self._now, said, None)

    def _between_orders(self) -> float:
        return self._random.expovariate(1 / self._order_every)


@settings(max_examples=40, deadline=None)
@given(
    limit=st.integers(DEFAULT_LIMIT, 90),
    skew=st.floats(-90_000, 90_000),
    dated=st.booleans(),
    slow=st.floats(0.0, 4.0),
    seed=st.integers(0, 9999),
)
def test_a_lone_poller_never_meets_a_429(limit: int, skew: float, dated: bool, slow: float, seed: int) -> None:
    server = FixedWindows(limit, skew=skew, dated=dated)

    answered = Play(server, latency=(0.02, 0.02 + slow), seed=seed).run(minutes=6)

    assert server.refusals == 0
    assert answered[POLL] > 0


@settings(max_examples=30, deadline=None)
@given(limit=st.integers(2, 29), skew=st.floats(-90_000, 90_000), seed=st.integers(0, 9999))
def test_a_limit_below_the_default_is_learned_from_the_first_answers(limit: int, skew: float, seed: int) -> None:
    server = FixedWindows(limit, skew=skew)

    answered = Play(server, latency=(0.02, 0.3), seed=seed).run(minutes=6)

    assert server.refusals == 0
    assert answered[POLL] >= 0.85 * (limit - 1) * 6 - 2


@settings(max_examples=40, deadline=None)
@given(
    limit=st.sampled_from([30, 60, 120]),
    skew=st.floats(-90_000, 90_000),
    shared=st.booleans(),
    order_every=st.floats(2.0, 20.0),
    seed=st.integers(0, 9999),
)
def test_poller_and_submitter_share_a_key_without_a_429(
    limit: int, skew: float, shared: bool, order_every: float, seed: int
) -> None:
    server = FixedWindows(limit, skew=skew, shared=shared)

    answered = Play(server, latency=(0.02, 0.5), order_every=order_every, seed=seed).run(minutes=6)

    assert server.refusals == 0
    assert answered[ORDER] >= 0.5 * 6 * 60 / order_every - 5


def test_without_any_headers_the_default_holds_for_all_endpoints_together() -> None:
    server = FixedWindows(DEFAULT_LIMIT, skew=17.3, shared=True, headers=False)

    answered = Play(server, latency=(0.02, 1.0), order_every=6).run(minutes=10)

    assert server.refusals == 0
    assert sum(answered.values()) > 250


def test_the_budget_is_used_almost_whole() -> None:
    server = FixedWindows(30, skew=-3.2)

    answered = Play(server, latency=(0.02, 0.2)).run(minutes=20)

    assert answered[POLL] >= 0.95 * 29 * 20


def filled(pacing: Pacing, requests: int, *, now: float, said: RateLimit | None = None) -> Pacing:
    for _ in range(requests):
        pacing.answered(pacing.sent(POLL), now, said)
    return pacing


def test_spacing_spreads_the_limit_evenly_and_follows_the_headers() -> None:
    pacing = Pacing()
    assert pacing.spacing(POLL) == timedelta(seconds=2)

    filled(pacing, 1, now=0.0, said=RateLimit(limit=600))

    assert pacing.spacing(POLL) == timedelta(seconds=0.1)
    assert pacing.limit(ORDER) == DEFAULT_LIMIT


def test_the_thirty_first_request_waits_until_the_first_is_a_minute_old() -> None:
    pacing = filled(Pacing(), 30, now=100.0)

    assert pacing.wait(POLL, 120.0).total_seconds() == pytest.approx(40.1)
    assert pacing.wait(POLL, 160.2) == timedelta()


def test_a_request_in_flight_occupies_its_place_however_long_it_takes() -> None:
    pacing = Pacing(default_limit=1)
    ticket = pacing.sent(POLL)

    assert pacing.wait(POLL, 5000.0) > timedelta()
    pacing.answered(ticket, 5000.0)
    assert pacing.wait(POLL, 5059.0) > timedelta()
    assert pacing.wait(POLL, 5061.0) == timedelta()


def test_places_are_spared_for_those_who_submit() -> None:
    pacing = filled(Pacing(), 28, now=0.0, said=RateLimit(limit=30))

    assert pacing.wait(POLL, 1.0, spare=2) > timedelta()
    assert pacing.wait(POLL, 1.0, spare=1) == timedelta()


def test_what_others_spend_on_the_key_is_seen_in_the_remaining_count() -> None:
    said = RateLimit(limit=30, remaining=0, reset=60, resets_in=timedelta(seconds=25))
    pacing = filled(Pacing(), 1, now=0.0, said=said)

    assert pacing.wait(POLL, 1.0).total_seconds() == pytest.approx(25.0)
    assert pacing.wait(POLL, 26.0) == timedelta()


def test_answers_that_overtake_each_other_do_not_raise_what_remains() -> None:
    pacing = Pacing()
    first, second = pacing.sent(POLL), pacing.sent(POLL)

    pacing.answered(second, 1.0, RateLimit(30, 0, 60, timedelta(seconds=25)))
    pacing.answered(first, 1.1, RateLimit(30, 1, 60, timedelta(seconds=25)))

    assert pacing.wait(POLL, 2.0) > timedelta(seconds=20)


def test_a_429_that_names_its_window_pauses_its_endpoint_alone() -> None:
    pacing = Pacing()
    said = RateLimit(limit=30, remaining=0, reset=60, resets_in=timedelta(seconds=25))

    pacing.refused(pacing.sent(POLL), 0.0, said, timedelta(seconds=12))

    assert pacing.wait(POLL, 0.0) >= timedelta(seconds=12)
    pacing.answered(pacing.sent(ORDER), 0.0, RateLimit(10, 9, 60, timedelta(seconds=25)))
    assert pacing.wait(ORDER, 0.1) == timedelta()


def test_a_429_without_better_knowledge_pauses_the_whole_key() -> None:
    pacing = Pacing()

    pacing.refused(pacing.sent(POLL), 0.0, RateLimit(), timedelta(seconds=12))
    assert pacing.wait(ORDER, 0.0) >= timedelta(seconds=12)
    assert pacing.wait(ORDER, 13.1) == timedelta()

    pacing.refused(pacing.sent(POLL), 20.0, RateLimit(), None)
    assert pacing.wait(ORDER, 20.0) >= timedelta(seconds=60)


odd_numbers = st.one_of(st.integers(-(10**12), 10**12).map(str), st.just(""), st.text(max_size=10), st.just("9" * 500))


@given(odd_numbers, odd_numbers, odd_numbers, st.sampled_from(["", "x", "Wed, 11 Mar 2026 09:00:00 GMT"]))
def test_odd_headers_never_stop_a_key_for_longer_than_ten_minutes(
    limit: str, remaining: str, reset: str, date: str
) -> None:
    headers = {"x-ratelimit-limit": limit, "x-ratelimit-remaining": remaining, "x-ratelimit-reset": reset, "date": date}
    said = read_rate_limit(headers, received_at=datetime(2026, 3, 11, 9, tzinfo=UTC))
    pacing = Pacing()

    pacing.answered(pacing.sent(POLL), 0.0, said)

    assert pacing.wait(POLL, 0.0) <= timedelta(minutes=10, seconds=1)
    assert pacing.wait(POLL, 602.0) == timedelta()
    assert pacing.spacing(POLL) > timedelta()
