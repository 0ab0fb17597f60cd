"""Whether PowerPost charged for an order that it never answered, judged from the balance before and after. Pure.

Between two observations of the balance, `first` and `last`, the account has lost

    first.balance − last.balance = charges between them − refunds between them − top-ups between them

Our own ledger knows every order, hence every possible charge and refund, though not always the moment or the amount.
Each order therefore has *ways* in which it can have gone: charged before, between or after the two observations, or,
when it was never answered, not at all; then refunded before, between, after or not at all. Every way adds a range of
credits to the right side. A pair of observations proves an order's fate when the ways of all orders together can
explain the loss with it charged but not with it uncharged, or the reverse. Orders that wait, fail or are unknown at the
same time all have their ways, so that none is mistaken for another: as long as two stories fit, nothing is concluded.

Assumptions that the balance itself could not disprove:

- Nothing but the bot's own orders is paid from the account (the setting POWERPOST_KEY_IS_OURS_ALONE).
- A balance is true at some moment between the question and its answer.
- An order costs at least one credit, and about as much as the learned price or the estimate (`charges.py`).
- A top-up is at least `SMALLEST_TOP_UP` credits. A smaller one, of exactly the price and in the same interval, would
  look as if the order had not been charged.

An order that was charged and then refunded counts as not charged: it cost nothing. One pair of observations is not
enough: two pairs must agree whose `last`s are at least `LEAST_APART`, and no pair may say the opposite.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from bot.domain.identifiers import JobId

SMALLEST_TOP_UP = 100
LEAST_APART = timedelta(minutes=1)
LOOKED_AT = 6
"""How many observations on either side of an order are compared; more would only repeat them."""


class Verdict(StrEnum):
    """Whether PowerPost charged for an order that it never answered."""

    CHARGED = "charged"
    NOT_CHARGED = "not_charged"


@dataclass(frozen=True, slots=True)
class Observation:
    """The account's balance, in credits, at some moment between question and answer.

    `generation_id` names the order whose answer contained it; that order's charge is then included.
    """

    balance: int
    asked_at: datetime
    told_at: datetime
    generation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Something happened, if at all, at a moment from `earliest` to `latest`."""

    earliest: datetime
    latest: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """What one order can have done to the account: a charge of `lowest` to `highest` credits, and perhaps a refund.

    `is_charged`: whether the charge is certain. `refund`: when one is possible, None if none is; `is_refunded`: whether
    the refund is certain.
    """

    job_id: JobId
    lowest: int
    highest: int
    charge: Span
    is_charged: bool
    refund: Span | None
    is_refunded: bool = False
    generation_id: str | None = None


def verdict_on(doubtful: Order, orders: Iterable[Order], observations: Sequence[Observation]) -> Verdict | None:
    """What the observations (in the order they were made) prove about one order; None while in doubt.

    `orders` are all that can have moved credits since the first observation.
    """
    comparable = _lived_once(observations)
    firsts = [one for one in comparable if one.told_at < doubtful.charge.earliest][-LOOKED_AT:]
    lasts = [one for one in comparable if one.asked_at > doubtful.charge.latest]
    others = [order for order in orders if order.job_id != doubtful.job_id]
    told = {
        (last.told_at, verdict)
        for last in {*lasts[:LOOKED_AT], *lasts[-LOOKED_AT:]}
        for first in firsts
        if (verdict := _proven(doubtful, others, first, last)) is not None
    }
    verdicts = {verdict for _, verdict in told}
    moments = [told_at for told_at, _ in told]
    if len(verdicts) != 1 or max(moments) - min(moments) < LEAST_APART:
        return None
    return verdicts.pop()


def _lived_once(observations: Sequence[Observation]) -> Sequence[Observation]:
    """Those since the machine's clock was last set back, except the hours that came twice: their order is unknown."""
    lived: list[Observation] = []
    latest = None
    for one in observations:
        if latest is not None and one.told_at < latest:
            lived = []
            continue
        latest = one.told_at
        lived.append(one)
    return lived


class _Place(IntEnum):
    """Where a moment lies relative to two observations."""

    BEFORE = 0
    BETWEEN = 1
    AFTER = 2


@dataclass(frozen=True, slots=True)
class _Way:
    """One way that an order can have gone: what the account lost by it between two observations, and how it ended."""

    lowest: int
    highest: int
    is_charged: bool


def _proven(doubtful: Order, others: Iterable[Order], first: Observation, last: Observation) -> Verdict | None:
    """What one pair of observations proves: a charge only if no top-up, however small, explains the balance without"""
    losses = [(0, 0)]
    for order in others:
        losses = _added(losses, _ways(order, first, last))
    lost = first.balance - last.balance

    def fits(*, is_charged: bool, smallest_top_up: int) -> bool:
        ways = {way for way in _ways(doubtful, first, last) if way.is_charged is is_charged}
        return _explains(_added(losses, ways), lost, smallest_top_up)

    can_be_charged = fits(is_charged=True, smallest_top_up=SMALLEST_TOP_UP)
    if not can_be_charged and fits(is_charged=False, smallest_top_up=SMALLEST_TOP_UP):
        return Verdict.NOT_CHARGED
    if can_be_charged and not fits(is_charged=False, smallest_top_up=1):
        return Verdict.CHARGED
    return None


def _ways(order: Order, first: Observation, last: Observation) -> set[_Way]:
    ways = set() if order.is_charged else {_Way(0, 0, is_charged=False)}
    for charged in _places_of_charge(order, first, last):
        for refunded in _places_of_refund(order, first, last):
            if refunded is not None and refunded < charged:
                continue
            net = (charged is _Place.BETWEEN) - (refunded is _Place.BETWEEN)
            ends = sorted((net * order.lowest, net * order.highest))
            ways.add(_Way(ends[0], ends[1], is_charged=refunded in (None, _Place.AFTER)))
    return ways


def _places_of_charge(order: Order, first: Observation, last: Observation) -> set[_Place]:
    if order.generation_id is not None and order.generation_id == first.generation_id:
        return {_Place.BEFORE}
    places = _places(order.charge, first, last)
    if order.generation_id is not None and order.generation_id == last.generation_id:
        places.discard(_Place.AFTER)
    return places


def _places_of_refund(order: Order, first: Observation, last: Observation) -> set[_Place | None]:
    if order.refund is None:
        return {None}
    places: set[_Place | None] = set(_places(order.refund, first, last))
    return places if order.is_refunded else places | {None}


def _places(span: Span, first: Observation, last: Observation) -> set[_Place]:
    """All places where the moment can lie; equal times count for both sides."""
    possible = {
        _Place.BEFORE: span.earliest <= first.told_at,
        _Place.BETWEEN: span.latest >= first.asked_at and span.earliest <= last.told_at,
        _Place.AFTER: span.latest >= last.asked_at,
    }
    return {place for place, is_possible in possible.items() if is_possible}


def _added(losses: Sequence[tuple[int, int]], ways: set[_Way]) -> list[tuple[int, int]]:
    """All sums of a loss and a way, as ranges that neither overlap nor touch."""
    sums = sorted((low + way.lowest, high + way.highest) for low, high in losses for way in ways)
    merged: list[tuple[int, int]] = []
    for low, high in sums:
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return merged


def _explains(losses: Sequence[tuple[int, int]], lost: int, smallest_top_up: int) -> bool:
    """Whether the orders, alone or with a top-up, can have made the account lose exactly that much."""
    most = max((high for _, high in losses), default=lost - 1)
    return any(low <= lost <= high for low, high in losses) or most >= lost + smallest_top_up
