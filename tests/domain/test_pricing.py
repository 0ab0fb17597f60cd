"""What a video will cost: estimated until PowerPost has charged for that combination, exact from then on."""

from __future__ import annotations

from itertools import product

import pytest

from bot.domain.catalogue import MODELS
from bot.domain.identifiers import Credits
from bot.domain.pricing import CREDITS_A_SECOND, Price, PriceKey, price, price_key
from bot.domain.request import make_request

CHEAPEST = make_request(prompt="a cat", model_id="kling-3.0-pro", duration=5)


def test_the_one_documented_price_is_the_estimate() -> None:
    assert price(CHEAPEST, {}) == Price(Credits(15), is_exact=False)


def test_a_price_once_charged_is_exact() -> None:
    assert price(CHEAPEST, {price_key(CHEAPEST): Credits(17)}) == Price(Credits(17), is_exact=True)


def test_a_price_of_another_combination_teaches_nothing() -> None:
    others = [PriceKey("veo-3.1", 5, audio=False), PriceKey("kling-3.0-pro", 10, audio=False)]
    louder = PriceKey("kling-3.0-pro", 5, audio=True)
    learned = dict.fromkeys([*others, louder], Credits(99))
    assert price(CHEAPEST, learned) == Price(Credits(15), is_exact=False)


def test_size_and_wording_do_not_change_the_price() -> None:
    assert price_key(make_request(prompt="two dogs", enhance=True)) == price_key(CHEAPEST)


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
    return price(make_request(prompt="x", model_id=model_id, duration=duration, audio=audio), {}).credits
