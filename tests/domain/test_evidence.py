"""What balances prove about an order that was never answered: something, and never what is not so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import event, given, settings

from bot.domain.charges import CHARGED_WITHIN, order_of
from bot.domain.evidence import Observation, Verdict, verdict_on
from bot.domain.identifiers import Credits
from bot.domain.job import Failure, Job, JobState
from bot.domain.pricing import Price, price_key
from tests.domain.accounts import ESTIMATE, TICK, PaperAccount, Story, a_job, accounts, at, orders_of

SETTLED = CHARGED_WITHIN // TICK + 100
"""A tick by which an order sent at tick 90 and given up at tick 93 will have been charged, if ever."""


@settings(max_examples=200, deadline=None)
@given(accounts())
def test_no_verdict_is_ever_wrong(acted: tuple[PaperAccount, list[Observation]]) -> None:
    account, observations = acted
    orders = orders_of(account.stories)
    for story, order in zip(account.stories, orders, strict=True):
        if story.job.state is not JobState.UNCONFIRMED:
            continue
        verdict = verdict_on(order, orders, observations)
        event(str(verdict))
        if verdict is Verdict.NOT_CHARGED:
            assert not story.cost_something
        if verdict is Verdict.CHARGED:
            assert story.charged is not None


def seen(*balances: tuple[int, int]) -> list[Observation]:
    """Observations of (tick, balance), each answered at once."""
    return [Observation(balance, at(tick), at(tick)) for tick, balance in balances]


def lost(number: int = 0, ordered: int = 90) -> Job:
    return a_job(number, JobState.UNCONFIRMED, ordered + 3, ordered_at=at(ordered))


def answered(number: int, ordered: int, price: int, state: JobState, state_tick: int, **known: object) -> Job:
    return a_job(
        number,
        state,
        state_tick,
        ordered_at=at(ordered),
        submitted_at=at(ordered + 1),
        generation_id=f"generation {number}",
        credits_used=Credits(price),
        **known,
    )


def judged(job: Job, observations: list[Observation], *others: Job) -> Verdict | None:
    orders = orders_of([Story(one, 0, None, None) for one in (job, *others)])
    return verdict_on(orders[0], orders, observations)


def test_the_same_balance_before_and_after_proves_that_nothing_was_charged() -> None:
    assert judged(lost(), seen((80, 500), (SETTLED, 500), (SETTLED + 5, 500))) is Verdict.NOT_CHARGED


@pytest.mark.parametrize("price", [ESTIMATE // 4, ESTIMATE, ESTIMATE * 3])
def test_a_balance_lower_by_a_plausible_price_proves_a_charge(price: int) -> None:
    after = 500 - price
    assert judged(lost(), seen((80, 500), (SETTLED, after), (SETTLED + 5, after))) is Verdict.CHARGED


@pytest.mark.parametrize("difference", [1, 15 // 4 - 1, ESTIMATE * 4 + 1, -1, -50])
def test_a_balance_that_no_story_explains_proves_nothing(difference: int) -> None:
    after = 500 - difference
    assert judged(lost(), seen((80, 500), (SETTLED, after), (SETTLED + 5, after))) is None


def test_one_observation_after_is_not_enough() -> None:
    assert judged(lost(), seen((80, 500), (SETTLED, 500))) is None
    assert judged(lost(), seen((80, 500), (SETTLED, 500), (SETTLED + 1, 500))) is None


def test_two_observations_that_disagree_prove_nothing() -> None:
    assert judged(lost(), seen((80, 500), (SETTLED, 500), (SETTLED + 5, 480))) is None


def test_nothing_is_proven_before_a_late_charge_is_out_of_the_question() -> None:
    assert judged(lost(), seen((80, 500), (95, 500), (112, 500))) is None


def test_nothing_is_proven_without_a_balance_from_before() -> None:
    assert judged(lost(), seen((91, 500), (SETTLED, 500), (SETTLED + 5, 500))) is None


def test_a_top_up_hides_what_became_of_the_order() -> None:
    assert judged(lost(), seen((80, 500), (SETTLED, 600), (SETTLED + 5, 600))) is None


def test_a_known_charge_is_reckoned_with() -> None:
    made = answered(1, 100, 15, JobState.COMPLETED, 104)
    assert judged(lost(), seen((80, 500), (SETTLED, 485), (SETTLED + 5, 485)), made) is Verdict.NOT_CHARGED
    assert judged(lost(), seen((80, 500), (SETTLED, 465), (SETTLED + 5, 465)), made) is Verdict.CHARGED


def test_while_another_video_may_have_been_refunded_nothing_is_proven() -> None:
    """Nothing missing: the lost order was not charged, or it was, and the other video failed without our knowing."""
    observations = seen((80, 500), (SETTLED, 500), (SETTLED + 5, 500))
    in_the_making = answered(1, 40, 20, JobState.PROCESSING, 41)
    assert judged(lost(), observations, in_the_making) is None
    assert judged(lost(), observations, answered(1, 40, 20, JobState.COMPLETED, 200)) is Verdict.NOT_CHARGED


def test_a_refund_counts_once_it_must_have_come() -> None:
    failed = answered(1, 85, 20, JobState.FAILED, 95, failure=Failure.GENERATION_FAILED)
    soon, late = seen((80, 500), (SETTLED, 480), (SETTLED + 5, 480)), seen((80, 500), (300, 480), (305, 480))
    assert judged(lost(), soon, failed) is None
    assert judged(lost(), late, failed) is Verdict.CHARGED


def test_several_lost_orders_are_settled_together_or_not_at_all() -> None:
    first, second = lost(0), lost(1, ordered=91)
    assert judged(first, seen((80, 500), (SETTLED, 500), (SETTLED + 5, 500)), second) is None, "100 could be a top-up"
    cheap = [
        order
        for job in (first, second)
        if (order := order_of(job, {price_key(job.spec): Price(Credits(15), is_exact=True)}))
    ]
    nothing_gone, one_gone = (seen((80, 500), (SETTLED, after), (SETTLED + 5, after)) for after in (500, 485))
    assert verdict_on(cheap[0], cheap, nothing_gone) is Verdict.NOT_CHARGED
    assert verdict_on(cheap[0], cheap, one_gone) is None


def test_the_answer_to_an_order_counts_its_own_charge() -> None:
    made = answered(1, 80, 15, JobState.COMPLETED, 104)
    told = Observation(485, at(80), at(81), generation_id="generation 1")
    assert judged(lost(), [told, *seen((SETTLED, 485), (SETTLED + 5, 485))], made) is Verdict.NOT_CHARGED


def test_an_order_under_way_while_the_balance_was_asked_counts_either_way() -> None:
    """Twenty missing: the other order came after the first balance, or before it and the lost one was charged."""
    slow = Observation(500, at(40), at(43))
    under_way = answered(1, 41, 20, JobState.COMPLETED, 60)
    after = seen((SETTLED, 480), (SETTLED + 5, 480))
    assert judged(lost(), [slow, *after], under_way) is None
    assert judged(lost(), [slow, *seen((80, 480)), *after], under_way) is Verdict.NOT_CHARGED


def test_hours_that_came_twice_prove_nothing() -> None:
    """The clock was set back between the order and the second observation, which only seems to come before it."""
    twice = [*seen((200, 500)), *seen((80, 480), (SETTLED, 480), (SETTLED + 5, 480))]
    assert judged(lost(), twice) is None


def test_refused_and_waiting_jobs_never_had_an_order_that_costs() -> None:
    refused = a_job(1, JobState.FAILED, 95, ordered_at=at(90), failure=Failure.REQUEST_REFUSED)
    put_off = a_job(2, JobState.QUEUED, 95, ordered_at=at(90))
    assert order_of(refused, {}) is None
    assert order_of(put_off, {}) is None


@pytest.mark.parametrize("known", [Price(Credits(1000), is_exact=False), None], ids=["set by hand", "unknown"])
def test_a_price_that_powerpost_did_not_charge_proves_nothing_about_a_charge(known: Price | None) -> None:
    """The order cost what such videos are estimated at, whatever an operator has set meanwhile."""
    job = replace(lost(), credits_held=Credits(1000))
    learned = {} if known is None else {price_key(job.spec): known}
    order = order_of(job, learned)
    assert order is not None
    assert order.lowest <= 15 <= order.highest
