"""What the operator is told of: every kind has its sentence, and an odd price names all that was odd."""

from __future__ import annotations

from bot.domain.alert import odd_price
from bot.domain.identifiers import Credits
from bot.domain.pricing import OddCharge, PriceKey

LOUD = PriceKey("kling-3.0-pro", 5, audio=True)


def test_an_odd_price_tells_what_was_expected_and_what_was_charged_of_whom() -> None:
    own = odd_price(OddCharge(None, LOUD, Credits(23), Credits(1_000_000_000))).sentence
    linked = odd_price(OddCharge("7 (Cats)", LOUD, Credits(23), Credits(0))).sentence

    assert "kling-3.0-pro, 5 seconds, with sound, on your account: 1,000,000,000 credits, where 23 were expected" in own
    assert "on the account of server 7 (Cats): 0 credits" in linked


def test_the_same_odd_charge_of_many_jobs_is_one_alert() -> None:
    charge = OddCharge(None, LOUD, Credits(23), Credits(0))
    assert odd_price(charge) == odd_price(charge)
