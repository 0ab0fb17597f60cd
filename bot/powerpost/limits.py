"""The rate-limit headers as a value. Pure.

PowerPost sends `X-RateLimit-Limit`, `X-RateLimit-Remaining` and `X-RateLimit-Reset` (unix seconds) with every answer.
The reset is a moment on the server's clock, so the time until then is counted from the same answer's `Date`, or from
our own clock if there is none. What makes no sense (negative, past, ten windows away) reads as None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FARTHEST_RESET = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
_HIGHEST_LIMIT = 100_000


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What one answer says about its endpoint's limit; each part is None when missing or senseless.

    `limit` and `remaining` count requests of the current window, `reset` is the server's name for the window's end
    (unix seconds; tells windows apart), `resets_in` is how far away that end was when the answer was made.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: int | None = None
    resets_in: timedelta | None = None


def read_rate_limit(headers: Mapping[str, str], *, received_at: datetime) -> RateLimit:
    """The rate-limit headers of one answer, whose names are in lower case; `received_at` is our own clock."""
    reset = _count(headers.get("x-ratelimit-reset"), highest=2**40)
    limit = _count(headers.get("x-ratelimit-limit"), highest=_HIGHEST_LIMIT)
    remaining = _count(headers.get("x-ratelimit-remaining"), highest=_HIGHEST_LIMIT)
    return RateLimit(
        limit=limit or None,
        remaining=remaining if limit is None or remaining is None else min(remaining, limit),
        reset=reset,
        resets_in=_until(reset, _moment(headers.get("date")) or received_at),
    )


def read_retry_after(headers: Mapping[str, str], *, received_at: datetime) -> timedelta | None:
    """How long to wait by the `Retry-After` header (seconds or a date), else by `X-RateLimit-Reset`; at most a day."""
    asked = headers.get("retry-after")
    seconds = _count(asked, highest=2**40)
    if seconds is not None:
        return bounded_wait(seconds)
    moment = _moment(asked)
    if moment is not None:
        return bounded_wait((moment - (_moment(headers.get("date")) or received_at)).total_seconds())
    return read_rate_limit(headers, received_at=received_at).resets_in


def bounded_wait(seconds: float) -> timedelta:
    """`seconds` as a wait between nothing and a day."""
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_WAIT.total_seconds()))


def _count(text: str | None, *, highest: int) -> int | None:
    """A decimal integer from 0 to `highest`, or None. The length is bounded first: int() is slow on long digits."""
    text = (text or "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > len(str(highest)):
        return None
    return int(text) if int(text) <= highest else None


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime((text or "")[:60])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _until(reset: int | None, now: datetime) -> timedelta | None:
    if reset is None:
        return None
    left = timedelta(seconds=min(reset - now.timestamp(), 2**31))
    return left if timedelta() < left <= FARTHEST_RESET else None
