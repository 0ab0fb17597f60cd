"""When orders of an account in trouble wait, and how they find out that it is over."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.services.jobs.breaker import FIRST_PAUSE, LONGEST_PAUSE, REMEMBERED_FOR, Breaker, Step
from tests.clocks import MovableClock


@pytest.fixture
def breaker(clock: MovableClock) -> Breaker:
    return Breaker(clock)


def order(breaker: Breaker, *, clearly: bool) -> None:
    breaker.ordered()
    breaker.answered(clearly=clearly)


def in_trouble(breaker: Breaker) -> None:
    for _ in range(2):
        order(breaker, clearly=False)


def test_orders_go_until_two_in_a_row_had_no_clear_answer(breaker: Breaker) -> None:
    order(breaker, clearly=False)
    assert breaker.next_step() is Step.ORDER
    order(breaker, clearly=True)
    order(breaker, clearly=False)
    assert (breaker.next_step(), breaker.retry_at) == (Step.ORDER, None)

    order(breaker, clearly=False)

    assert breaker.next_step() is Step.WAIT


def test_the_time_of_the_next_try_is_told(breaker: Breaker, clock: MovableClock) -> None:
    in_trouble(breaker)

    assert breaker.retry_at == clock.now() + FIRST_PAUSE


def test_after_the_pause_a_read_comes_first_then_one_order_alone(breaker: Breaker, clock: MovableClock) -> None:
    in_trouble(breaker)
    clock.move(FIRST_PAUSE - timedelta(seconds=1))
    assert breaker.next_step() is Step.WAIT
    clock.move(timedelta(seconds=1))
    assert breaker.next_step() is Step.READ

    breaker.read(well=True)
    assert breaker.next_step() is Step.ORDER

    breaker.ordered()
    assert breaker.next_step() is Step.WAIT


def test_a_clear_answer_ends_the_trouble_and_the_next_one_begins_small(breaker: Breaker, clock: MovableClock) -> None:
    in_trouble(breaker)
    clock.move(FIRST_PAUSE)
    breaker.read(well=True)
    order(breaker, clearly=True)
    assert (breaker.next_step(), breaker.retry_at) == (Step.ORDER, None)

    in_trouble(breaker)

    assert breaker.retry_at == clock.now() + FIRST_PAUSE


def test_a_lone_order_without_a_clear_answer_doubles_the_pause(breaker: Breaker, clock: MovableClock) -> None:
    in_trouble(breaker)
    clock.move(FIRST_PAUSE)
    breaker.read(well=True)

    order(breaker, clearly=False)

    assert breaker.retry_at == clock.now() + 2 * FIRST_PAUSE
    assert breaker.next_step() is Step.WAIT
    clock.move(2 * FIRST_PAUSE)
    assert breaker.next_step() is Step.READ, "the read before it proves nothing any more"


def test_reads_that_fail_double_the_pause_up_to_a_bound(breaker: Breaker, clock: MovableClock) -> None:
    in_trouble(breaker)
    pauses = []
    for _ in range(8):
        assert breaker.retry_at is not None
        pauses.append(breaker.retry_at - clock.now())
        clock.move(pauses[-1])
        breaker.read(well=False)

    assert [pause.total_seconds() for pause in pauses] == [30, 60, 120, 240, 480, 900, 900, 900]
    assert pauses[-1] == LONGEST_PAUSE


def test_it_can_be_forgotten_when_no_order_is_out_and_trouble_is_long_ago(
    breaker: Breaker, clock: MovableClock
) -> None:
    assert breaker.is_at_rest
    breaker.ordered()
    assert not breaker.is_at_rest
    breaker.answered(clearly=True)
    assert breaker.is_at_rest
    in_trouble(breaker)

    clock.move(REMEMBERED_FOR - timedelta(seconds=1))
    assert not breaker.is_at_rest
    clock.move(timedelta(seconds=1))

    assert breaker.is_at_rest


def test_a_read_that_ends_when_the_trouble_is_over_changes_nothing(breaker: Breaker) -> None:
    breaker.read(well=False)

    assert (breaker.next_step(), breaker.retry_at) == (Step.ORDER, None)
