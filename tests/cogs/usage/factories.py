"""Usage made by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from bot.domain.identifiers import Credits, RoleId, UserId
from bot.domain.usage import NO_USAGE, DayRange, Tally, Usage, summed

TODAY = date(2026, 3, 31)


def a_tally(credits_used: int, *, completed: int = 1, failed: int = 0) -> Tally:
    return Tally(requests=completed + failed, completed=completed, failed=failed, credits=Credits(credits_used))


def a_usage(
    *,
    days: int = 30,
    members: Mapping[int, Tally] | None = None,
    roles: Mapping[int, Tally] | None = None,
    models: Iterable[str] = ("kling-3.0-pro",),
    used_each_day: int = 10,
) -> Usage:
    """Every model used on every day, `used_each_day` credits a model; nothing with 0."""
    span = DayRange(TODAY, days)
    used = {
        (span.last - timedelta(days=number), model): a_tally(used_each_day)
        for number in range(days)
        for model in models
        if used_each_day
    }
    return Usage(
        span=span,
        total=sum(used.values(), NO_USAGE),
        by_member={UserId(user): tally for user, tally in (members or {}).items()},
        by_role={RoleId(role): tally for role, tally in (roles or {}).items()},
        by_model=summed((model, tally) for (_, model), tally in used.items()),
        by_day_and_model=used,
    )
