"""What a video will cost: an estimate until PowerPost's first charge for that combination, exact from then on.

PowerPost's API has no price list; the price "depends on the model, duration, and whether audio is enabled" and
is known only from `credits_used` (https://powerpost.ai/docs/api/generate-videos). The one documented figure is
15 credits for 5 silent seconds of Kling 3.0 Pro; the other estimates are derived from it, on the careful side.

A charge comes from outside, and what it teaches applies to everybody who pays from the same account. So it is believed
only within bounds of what was expected; one odd charge must not make videos free, or too expensive, for everyone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bot.domain.actor import Actor
from bot.domain.identifiers import Credits, GuildId, LinkId
from bot.domain.request import VideoSpec

BOUND: Final = 4
"""A charge is ordinary from a fourth of what was expected to four times as much."""

BELIEVED_AFTER: Final = 3
"""This many equal charges in a row are the price, however odd; a charge of 0 never is."""

LARGEST_PRICE: Final = 1_000_000
"""The most credits that an operator may set as a price."""


@dataclass(frozen=True, slots=True)
class PriceKey:
    """What the price depends on. `duration` is in seconds."""

    model_id: str
    duration: int
    audio: bool


@dataclass(frozen=True, slots=True)
class Price:
    """A price in credits; `is_exact` when PowerPost has charged exactly that for this combination before."""

    credits: Credits
    is_exact: bool


@dataclass(frozen=True, slots=True)
class KnownPrice:
    """What one payer's charges, or the operator, say about a combination; nothing at first.

    `credits` is the price to expect; `is_set`: the operator set it. `odd` is the charge that was not believed the last
    `odd_in_a_row` times.
    """

    credits: Credits | None = None
    is_set: bool = False
    odd: Credits | None = None
    odd_in_a_row: int = 0

    @property
    def is_exact(self) -> bool:
        return self.credits is not None and not self.is_set and not self.odd_in_a_row


@dataclass(frozen=True, slots=True)
class OddCharge:
    """A charge that was not believed, in credits. `guild`: whose own account paid, by id and name; None: yours."""

    guild: str | None
    key: PriceKey
    expected: Credits
    charged: Credits


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """What is known of one combination for one payer; `guild_id` is None for the operator, `at` if nothing is known."""

    guild_id: GuildId | None
    key: PriceKey
    known: KnownPrice
    at: datetime | None


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A change that no ordinary charge made: set or forgotten by an operator, or believed by the bot in the end.

    `credits` is None when the price was forgotten. `guild_id` and `link_id` name the payer: None is the operator.
    """

    guild_id: GuildId | None
    link_id: LinkId | None
    key: PriceKey
    before: Credits | None
    credits: Credits | None
    actor: Actor
    at: datetime


CREDITS_A_SECOND = {"kling-3.0-pro": 3, "veo-3.1": 6, "runway-gen-4.5": 4}
AUDIO_FACTOR_IN_PERCENT = 150


def price_key(spec: VideoSpec) -> PriceKey:
    return PriceKey(spec.model.id, spec.duration, spec.audio)


def price(spec: VideoSpec, learned: Mapping[PriceKey, Price]) -> Price:
    """The price of a request, given what its payer is known to be charged."""
    key = price_key(spec)
    known = learned.get(key)
    return Price(estimate(key) or Credits(1), is_exact=False) if known is None else known


def estimate(key: PriceKey) -> Credits | None:
    """The price to expect before the first charge; None for a withdrawn model."""
    if key.model_id not in CREDITS_A_SECOND:
        return None
    silent = CREDITS_A_SECOND[key.model_id] * key.duration
    percent = AUDIO_FACTOR_IN_PERCENT if key.audio else 100
    return Credits(-(-silent * percent // 100))


def taught(known: KnownPrice, charged: Credits, expected: Credits) -> KnownPrice:
    """What is known after a charge, where `expected` credits were expected."""
    if 0 < charged <= expected * BOUND and charged * BOUND >= expected:
        return KnownPrice(charged)
    times = known.odd_in_a_row + 1 if charged == known.odd else 1
    if times >= BELIEVED_AFTER and charged > 0:
        return KnownPrice(charged)
    return replace(known, odd=charged, odd_in_a_row=min(times, BELIEVED_AFTER))
