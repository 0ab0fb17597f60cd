"""What a video will cost: an estimate until PowerPost has told the real price of that combination, exact from then on.

PowerPost publishes no price list by API; the price "depends on the model, duration, and whether audio is enabled" and
is known only from `credits_used` (https://powerpost.ai/docs/api/generate-videos). The one documented figure is
15 credits for 5 silent seconds of Kling 3.0 Pro; the other estimates are set around it on the careful side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.domain.identifiers import Credits
from bot.domain.request import VideoRequest


@dataclass(frozen=True, slots=True)
class PriceKey:
    """What the price depends on. `duration` is in seconds."""

    model_id: str
    duration: int
    audio: bool


@dataclass(frozen=True, slots=True)
class Price:
    """A price in credits; `is_exact` when PowerPost has charged just that for this combination before."""

    credits: Credits
    is_exact: bool


CREDITS_A_SECOND = {"kling-3.0-pro": 3, "veo-3.1": 6, "runway-gen-4.5": 4}
AUDIO_FACTOR_IN_PERCENT = 150


def price_key(request: VideoRequest) -> PriceKey:
    return PriceKey(request.model.id, request.duration, request.audio)


def price(request: VideoRequest, learned: Mapping[PriceKey, Credits]) -> Price:
    """The price of a request, given what PowerPost charged for each combination the last time."""
    key = price_key(request)
    if key in learned:
        return Price(learned[key], is_exact=True)
    return Price(_estimate(key), is_exact=False)


def _estimate(key: PriceKey) -> Credits:
    silent = CREDITS_A_SECOND[key.model_id] * key.duration
    percent = AUDIO_FACTOR_IN_PERCENT if key.audio else 100
    return Credits(-(-silent * percent // 100))
