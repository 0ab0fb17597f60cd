"""Which interactions are requests: once each, not long after they were made, and whatever our own clock says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from cogs.client import arrivals
from cogs.client.arrivals import LATE_AFTER, Arrival, Arrivals
from tests.clocks import MovableClock

DISCORDS_NOW = datetime(2030, 1, 1, tzinfo=UTC)
"""Years from the clock of these tests, which is ours: as wrong as a clock can be."""


def an_id(made_at: datetime, number: int = 0) -> int:
    return (int((made_at - datetime(2015, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)) << 22) + number


def dated(judge: Arrivals, at: datetime) -> None:
    judge.dated(format_datetime(at, usegmt=True))


@pytest.mark.parametrize(
    ("age", "arrival"),
    [(-5, Arrival.NEW), (0, Arrival.NEW), (9.5, Arrival.NEW), (10.5, Arrival.LATE), (87, Arrival.LATE)],
)
def test_what_is_older_than_ten_seconds_is_late_by_discords_clock(age: float, arrival: Arrival) -> None:
    judge = Arrivals(MovableClock())
    dated(judge, DISCORDS_NOW)
    assert judge.judge(an_id(DISCORDS_NOW - timedelta(seconds=age))) is arrival


def test_discords_time_goes_on_by_the_monotonic_clock() -> None:
    clock = MovableClock()
    judge = Arrivals(clock)
    dated(judge, DISCORDS_NOW)
    clock.move(timedelta(seconds=87))
    assert judge.judge(an_id(DISCORDS_NOW)) is Arrival.LATE
    assert judge.judge(an_id(DISCORDS_NOW + timedelta(seconds=86))) is Arrival.NEW


def test_nothing_is_late_before_discord_has_said_what_time_it_is() -> None:
    judge = Arrivals(MovableClock())
    judge.dated("yesterday")
    assert judge.judge(an_id(DISCORDS_NOW - timedelta(days=1))) is Arrival.NEW


def test_a_date_that_was_read_late_makes_nothing_seem_younger() -> None:
    clock = MovableClock()
    judge = Arrivals(clock)
    dated(judge, DISCORDS_NOW)
    clock.move(timedelta(seconds=87))
    dated(judge, DISCORDS_NOW)
    assert judge.judge(an_id(DISCORDS_NOW)) is Arrival.LATE


def test_a_clock_that_drifted_refuses_only_until_discord_has_answered_a_few_times() -> None:
    clock = MovableClock()
    judge = Arrivals(clock)
    dated(judge, DISCORDS_NOW)
    clock.move(timedelta(days=3) + 2 * LATE_AFTER)
    now = DISCORDS_NOW + timedelta(days=3)
    for number in range(arrivals.DATES_KEPT):
        assert judge.judge(an_id(now, number)) is Arrival.LATE
        dated(judge, now)
    assert judge.judge(an_id(now, 99)) is Arrival.NEW


def test_each_is_taken_once_and_only_the_newest_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "REMEMBERED", 2)
    judge = Arrivals(MovableClock())
    assert [judge.judge(number) for number in (1, 1, 2, 3, 3, 1)] == [
        Arrival.NEW,
        Arrival.REPEATED,
        Arrival.NEW,
        Arrival.NEW,
        Arrival.REPEATED,
        Arrival.NEW,
    ]
