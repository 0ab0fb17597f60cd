"""Who used what in a guild: sums over its jobs of a range of days, by member, role, model and day (in UTC)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final, TypeVar

from bot.domain.identifiers import Credits, RoleId, UserId
from bot.domain.ledger import NO_CREDITS

K = TypeVar("K")

DAYS_ON_OFFER: Final = (7, 30, 90)
USUAL_DAYS: Final = 30


class Grouping(StrEnum):
    """What usage can be grouped by."""

    MEMBER = "member"
    ROLE = "role"
    MODEL = "model"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Tally:
    """A sum over jobs: how many were requested, completed and failed, and their credits.

    `credits` are those charged for completed jobs and held for those in progress; a failed or cancelled job costs
    nothing.
    """

    requests: int = 0
    completed: int = 0
    failed: int = 0
    credits: Credits = NO_CREDITS

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            requests=self.requests + other.requests,
            completed=self.completed + other.completed,
            failed=self.failed + other.failed,
            credits=Credits(self.credits + other.credits),
        )


NO_USAGE: Final = Tally()


@dataclass(frozen=True, slots=True)
class DayRange:
    """Whole days in UTC, the last of which is not over yet; `days` is at least 1."""

    last: date
    days: int

    @classmethod
    def until(cls, now: datetime, days: int) -> DayRange:
        return cls(now.astimezone(UTC).date(), days)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def start_at(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end_at(self) -> datetime:
        """The first moment after it."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    @property
    def dates(self) -> Sequence[date]:
        return [self.first + timedelta(days=number) for number in range(self.days)]


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used in a range of days. Members, roles, models and days without usage are missing.

    `by_role` counts a request once per role that its member had then, so its sums may add up to more than `total`.
    """

    span: DayRange
    total: Tally
    by_member: Mapping[UserId, Tally]
    by_role: Mapping[RoleId, Tally]
    by_model: Mapping[str, Tally]
    by_day_and_model: Mapping[tuple[date, str], Tally]

    @property
    def by_day(self) -> Mapping[date, Tally]:
        return summed((day, tally) for (day, _), tally in self.by_day_and_model.items())


@dataclass(frozen=True, slots=True)
class UsageLine:
    """The finest sum available: one member's requests for one model on one day."""

    day: date
    user_id: UserId
    model: str
    tally: Tally


def summed(parts: Iterable[tuple[K, Tally]]) -> dict[K, Tally]:
    """The sum per key."""
    sums: dict[K, Tally] = {}
    for key, tally in parts:
        sums[key] = sums.get(key, NO_USAGE) + tally
    return sums


def largest_first(sums: Mapping[K, Tally]) -> list[tuple[K, Tally]]:
    """Sorted by credits, then by requests, then by key, so that the order is stable."""
    return sorted(sums.items(), key=lambda item: (-item[1].credits, -item[1].requests, str(item[0])))
