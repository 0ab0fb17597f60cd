"""What a video will cost: estimated until PowerPost has charged for that combination, exact from then on."""

from __future__ import annotations

from itertools import product

import pytest

from bot.domain.catalogue import MODELS
from bot.domain.identifiers import Credits
from bot.domain.pricing import CREDITS_A_SECOND, KnownPrice, Price, PriceKey, estimate, price, price_key, taught
from bot.domain.request import make_spec

CHEAPEST = make_spec(prompt="a cat", model_id="kling-3.0-pro", duration=5)


def test_the_one_documented_price_is_the_estimate() -> None:
    assert price(CHEAPEST, {}) == Price(Credits(15), is_exact=False)


def test_a_price_once_charged_is_exact() -> None:
    assert price(CHEAPEST, {price_key(CHEAPEST): Price(Credits(17), is_exact=True)}) == Price(
        Credits(17), is_exact=True
    )


def test_a_price_of_another_combination_teaches_nothing() -> None:
    others = [PriceKey("veo-3.1", 5, audio=False), PriceKey("kling-3.0-pro", 10, audio=False)]
    louder = PriceKey("kling-3.0-pro", 5, audio=True)
    learned = dict.fromkeys([*others, louder], Price(Credits(99), is_exact=True))
    assert price(CHEAPEST, learned) == Price(Credits(15), is_exact=False)


def test_size_and_wording_do_not_change_the_price() -> None:
    assert price_key(make_spec(prompt="two dogs", enhance=True)) == price_key(CHEAPEST)


def test_every_model_on_offer_has_an_estimate_that_grows_with_time_and_sound() -> None:
    assert CREDITS_A_SECOND.keys() == {model.id for model in MODELS}
    for model, audio in product(MODELS, [False, True]):
        if audio and not model.has_audio:
            continue
        estimates = [_estimate(model.id, duration, audio) for duration in model.durations]
        assert 0 < estimates[0] < estimates[1]
        assert not audio or estimates[0] > _estimate(model.id, model.durations[0], audio=False)


@pytest.mark.parametrize(("duration", "estimate"), [(5, 23), (10, 45)])
def test_an_estimate_is_rounded_up(duration: int, estimate: int) -> None:
    assert _estimate("kling-3.0-pro", duration, audio=True) == estimate


def _estimate(model_id: str, duration: int, audio: bool) -> int:
    return price(make_spec(prompt="x", model_id=model_id, duration=duration, audio=audio), {}).credits


EXPECTED = Credits(15)


@pytest.mark.parametrize("charged", [4, 14, 15, 16, 60])
def test_a_charge_within_a_quarter_and_four_times_of_what_was_expected_is_the_price(charged: int) -> None:
    assert taught(KnownPrice(), Credits(charged), EXPECTED) == KnownPrice(Credits(charged))


@pytest.mark.parametrize("charged", [-1, 0, 1, 3, 61, 1_000_000_000])
def test_a_charge_beyond_that_leaves_the_price_as_it_is(charged: int) -> None:
    after = taught(KnownPrice(EXPECTED), Credits(charged), EXPECTED)

    assert after == KnownPrice(EXPECTED, odd=Credits(charged), odd_in_a_row=1)


def test_three_equal_odd_charges_in_a_row_are_the_price() -> None:
    known = _after(KnownPrice(EXPECTED), 100, 100)
    assert (known.credits, known.odd_in_a_row) == (EXPECTED, 2)

    assert taught(known, Credits(100), EXPECTED) == KnownPrice(Credits(100))


@pytest.mark.parametrize("charges", [(100, 100, 101, 100, 100), (100, 100, 15, 100, 100), (0,) * 50, (-5,) * 50])
def test_odd_charges_that_differ_or_are_interrupted_or_nothing_are_never_the_price(charges: tuple[int, ...]) -> None:
    assert _after(KnownPrice(EXPECTED), *charges).credits == EXPECTED


def test_a_price_beside_odd_charges_or_of_the_operators_word_is_about() -> None:
    assert KnownPrice(EXPECTED).is_exact
    assert not KnownPrice(EXPECTED, is_set=True).is_exact
    assert not taught(KnownPrice(EXPECTED), Credits(0), EXPECTED).is_exact


def test_a_withdrawn_model_has_no_estimate() -> None:
    assert estimate(PriceKey("gone-1", 5, audio=False)) is None


def _after(known: KnownPrice, *charges: int) -> KnownPrice:
    for charged in charges:
        known = taught(known, Credits(charged), known.credits or EXPECTED)
    return known
