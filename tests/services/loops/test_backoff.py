"""Leaving alone what failed, for longer each time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.services.loops.backoff import REMEMBERED, Backoff
from tests.clocks import MovableClock

FIRST, LONGEST = timedelta(seconds=2), timedelta(seconds=60)


@pytest.fixture
def backoff(clock: MovableClock) -> Backoff[str]:
    return Backoff[str](clock, first=FIRST, longest=LONGEST)


def test_pauses_double_up_to_the_longest(backoff: Backoff[str], clock: MovableClock) -> None:
    pauses = []
    for _ in range(8):
        pauses.append(backoff.failed("job"))
        clock.move(pauses[-1])

    assert [pause.total_seconds() for pause in pauses] == [2, 4, 8, 16, 32, 60, 60, 60]


def test_a_pause_ends_on_its_second(backoff: Backoff[str], clock: MovableClock) -> None:
    backoff.failed("job")

    clock.move(FIRST - timedelta(milliseconds=1))
    assert not backoff.is_due("job")
    clock.move(timedelta(milliseconds=1))
    assert backoff.is_due("job")


def test_success_forgets_the_failures(backoff: Backoff[str]) -> None:
    backoff.failed("job")
    backoff.succeeded("job")

    assert backoff.is_due("job")
    assert backoff.failed("job") == FIRST


def test_keys_do_not_wait_for_each_other(backoff: Backoff[str]) -> None:
    backoff.failed("job")

    assert backoff.is_due("another job")


def test_failures_of_one_moment_count_once(backoff: Backoff[str], clock: MovableClock) -> None:
    """Eight looks under way when PowerPost goes down are one outage, not eight."""
    pauses = [backoff.failed("account") for _ in range(8)]

    assert pauses == [FIRST] * 8
    clock.move(FIRST)
    assert backoff.is_due("account")
    assert backoff.failed("account") == 2 * FIRST


def test_what_is_never_tried_again_takes_no_memory_for_ever(backoff: Backoff[str]) -> None:
    for number in range(3 * REMEMBERED):
        backoff.failed(f"job {number}")

    assert len(backoff._waits) == REMEMBERED
