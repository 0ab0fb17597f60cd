"""Which job next: pure decisions."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.identifiers import JobId
from bot.domain.job import Job, JobState
from bot.services.jobs.schedule import Watch, interval, next_to_look_at, next_to_submit
from tests.cogs.factories import NOON, a_job

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def queued(name: str, *, age: timedelta, held_back: timedelta | None = None) -> Job:
    not_before = None if held_back is None else NOON + held_back
    return a_job(JobState.QUEUED, id=JobId(name), created_at=NOON - age, not_before=not_before)


def test_the_job_that_waited_longest_is_ordered_next() -> None:
    jobs = [queued("young", age=SECOND), queued("old", age=MINUTE)]

    chosen = next_to_submit(jobs, NOON)

    assert chosen is not None
    assert chosen.id == "old"


def test_a_job_that_is_held_back_lets_others_go_first() -> None:
    jobs = [queued("held back", age=HOUR, held_back=SECOND), queued("young", age=SECOND)]

    now, later = next_to_submit(jobs, NOON), next_to_submit(jobs, NOON + SECOND)

    assert now is not None
    assert now.id == "young"
    assert later is not None
    assert later.id == "held back"


def test_a_pause_that_was_set_before_the_clock_was_set_back_is_not_kept_for_hours() -> None:
    """A rate limit of 15 seconds; then the clock goes back by two hours."""
    paused = queued("paused", age=-2 * HOUR, held_back=2 * HOUR + 15 * SECOND)

    chosen = next_to_submit([paused], NOON)

    assert chosen is not None
    assert chosen.id == "paused"


def test_nothing_is_ordered_when_everything_is_held_back() -> None:
    assert next_to_submit([queued("held back", age=HOUR, held_back=SECOND)], NOON) is None
    assert next_to_submit([], NOON) is None


@pytest.mark.parametrize(
    ("age", "pause"),
    [
        (timedelta(0), 2 * SECOND),
        (20 * SECOND, 2 * SECOND),
        (MINUTE, 6 * SECOND),
        (100 * SECOND, 10 * SECOND),
        (19 * MINUTE, 10 * SECOND),
        (20 * MINUTE, MINUTE),
        (2 * HOUR, 6 * MINUTE),
        (24 * HOUR, 30 * MINUTE),
    ],
)
def test_looks_become_rarer_with_age(age: timedelta, pause: timedelta) -> None:
    assert interval(age) == pause


def test_a_job_of_twenty_minutes_was_looked_at_no_more_often_than_the_vendor_allows() -> None:
    """The vendor's advice is 120 looks in 20 minutes."""
    age, looks = timedelta(0), 0
    while age < 20 * MINUTE:
        age += interval(age)
        looks += 1

    assert looks <= 150


def test_the_job_that_is_overdue_most_is_looked_at_next() -> None:
    fresh, overdue, just_seen = Watch(JobId("fresh"), 2.0), Watch(JobId("overdue"), -60.0), Watch(JobId("seen"), 10.0)

    assert next_to_look_at([fresh, just_seen, overdue]) == overdue
    assert next_to_look_at([fresh, just_seen]) == fresh
    assert next_to_look_at([]) is None
