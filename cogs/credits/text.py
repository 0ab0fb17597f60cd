"""What `/credits` says: a balance, the member's own limits and videos, and a price list in, words out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.domain.catalogue import MODELS, VideoModel
from bot.domain.job import Job, JobState
from bot.domain.ledger import Balance
from bot.domain.pricing import Price, PriceKey, price
from bot.domain.quota import Allowance
from bot.domain.request import make_spec
from bot.services.accounts.linking import LinkStatus
from cogs.wording.accounts import own_balance_text
from cogs.wording.quotas import limits_text
from cogs.wording.words import credits_in_words, seconds_in_words


def credits_text(
    balance: Balance,
    allowed: Iterable[Allowance],
    learned: Mapping[PriceKey, Price],
    own_account: LinkStatus | None = None,
    latest: Iterable[Job] = (),
) -> str:
    """The server's credits, the reader's own limits and last videos, then the price of every kind of video.

    A server with its own PowerPost account sees that account's balance, whatever `balance` it was granted.
    """
    pool = balance_text(balance) if own_account is None else own_balance_text(own_account)
    parts = [pool, limits_text(allowed), last_costs(latest), price_list(learned, is_own=own_account is not None)]
    return "\n\n".join(part for part in parts if part)


def balance_text(balance: Balance) -> str:
    """For example "This server has 85 credits available." and where the others are."""
    lines = [f"### This server has {credits_in_words(max(balance.available, 0))} available"]
    if balance.available < 0:
        missing = credits_in_words(-balance.available)
        lines.append(f"Videos cost {missing} more than expected; the next grant covers that first.")
    lines.append(f"{balance.reserved:,} held for videos in progress · {balance.spent:,} spent so far")
    if balance.available <= 0:
        lines.append("An admin of this server can ask the bot's operator for more.")
    return "\n".join(lines)


def last_costs(latest: Iterable[Job]) -> str:
    """What the reader's last videos cost; empty before the first."""
    costs = [f"{job.spec.model.name} {job.price:,}" for job in latest if job.state is JobState.COMPLETED]
    return f"**Your last videos cost**\n{' · '.join(costs)}" if costs else ""


def price_list(learned: Mapping[PriceKey, Price], *, is_own: bool = False) -> str:
    """One line per model; "about" marks prices that PowerPost has not charged yet.

    `is_own`: these are the prices of the server's own PowerPost account.
    """
    of_whom = " of this server's own PowerPost account" if is_own else ""
    lines = [f"**What a video costs, in credits{of_whom}**"]
    for model in MODELS:
        prices = " · ".join(_prices_of(model, learned))
        lines.append(f"{model.name}: {prices}")
    lines.append('-# "About" marks an estimate: PowerPost has not charged for such a video yet.')
    return "\n".join(lines)


def _prices_of(model: VideoModel, learned: Mapping[PriceKey, Price]) -> Iterator[str]:
    for duration in model.durations:
        for audio in (False, True) if model.has_audio else (False,):
            spec = make_spec(prompt="any", model_id=model.id, duration=duration, audio=audio)
            sound = " with sound" if audio else ""
            yield f"{seconds_in_words(duration)}{sound} {_in_words(price(spec, learned))}"


def _in_words(quoted: Price) -> str:
    return f"{quoted.credits:,}" if quoted.is_exact else f"about {quoted.credits:,}"
