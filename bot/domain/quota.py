"""Quotas: how many credits a member may use in a day, a week or a month, and which of a server's rules says so.

Each period is separate. In it, one rule binds a member: the member's own; failing that, the most generous (highest) of
those for the member's roles; failing that, the one for everyone. A period without a rule limits nothing, and a video
must fit into every period that has one. So a member's daily rule replaces other daily rules, and leaves the server's
monthly rule as it is.

A rule for a role or for everyone limits each member separately; it is not a pot that they share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from bot.domain.identifiers import Credits, RoleId, UserId

LARGEST_QUOTA = 10**9
"""More credits than anyone uses in a month; nobody needs a rule above that."""


class Period(StrEnum):
    """How long a quota lasts, by the UTC calendar; the values are stored, and go from short to long."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class TargetKind(StrEnum):
    """Who a rule is for; the values are stored, and go from general to particular."""

    EVERYONE = "everyone"
    ROLE = "role"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Target:
    """Who a rule is for. `id` is a role's or a member's, and 0 for everyone."""

    kind: TargetKind
    id: int = 0

    def __str__(self) -> str:
        """For lists without names: "everyone", "role 123" or "member 123"."""
        return self.kind if self.kind is TargetKind.EVERYONE else f"{self.kind} {self.id}"

    @property
    def notation(self) -> str:
        """For Discord, which shows a name instead: "everyone", "<@&123>" or "<@123>"."""
        match self.kind:
            case TargetKind.EVERYONE:
                return self.kind
            case TargetKind.ROLE:
                return f"<@&{self.id}>"
            case TargetKind.MEMBER:
                return f"<@{self.id}>"


EVERYONE = Target(TargetKind.EVERYONE)


@dataclass(frozen=True, slots=True)
class Rule:
    """Each member of `target` may use this many credits per period; 0 means no videos at all.

    Raises `ValueError` for credits that are not between 0 and `LARGEST_QUOTA`.
    """

    target: Target
    period: Period
    credits: Credits

    def __post_init__(self) -> None:
        if not 0 <= self.credits <= LARGEST_QUOTA:
            raise ValueError(f"a quota of {self.credits} credits")


@dataclass(frozen=True, slots=True)
class Window:
    """The day, week or month that holds a moment: from `start_at` until just before `end_at`, where the next begins."""

    start_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a rule leaves one member now. `used` are the credits spent and held by jobs in the current window."""

    rule: Rule
    used: Credits
    resets_at: datetime

    @property
    def left(self) -> Credits:
        """Never negative, even if a video cost more than its estimate and `used` exceeds the rule."""
        return Credits(max(self.rule.credits - self.used, 0))


Usage = Mapping[Period, Credits]
"""The credits that a member has used in the current window of each period; a missing period means none."""


def window(period: Period, now: datetime) -> Window:
    """The current day, week (from Monday) or month, in UTC."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    match period:
        case Period.DAY:
            return Window(midnight, midnight + timedelta(days=1))
        case Period.WEEK:
            monday = midnight - timedelta(days=midnight.weekday())
            return Window(monday, monday + timedelta(weeks=1))
        case Period.MONTH:
            first = midnight.replace(day=1)
            return Window(first, (first + timedelta(days=31)).replace(day=1))


def binding_rules(rules: Iterable[Rule], user_id: UserId, role_ids: frozenset[RoleId]) -> dict[Period, Rule]:
    """The rule that binds a member with these roles in each period, from the shortest period to the longest.

    Of two equally generous roles, the one with the lower id is named.
    """
    binding: dict[Period, Rule] = {}
    for rule in rules:
        if not _applies(rule.target, user_id, role_ids):
            continue
        rival = binding.get(rule.period)
        if rival is None or _rank(rule) > _rank(rival):
            binding[rule.period] = rule
    return {period: binding[period] for period in Period if period in binding}


def allowances(binding: Mapping[Period, Rule], usage: Usage, now: datetime) -> list[Allowance]:
    """What each binding rule leaves the member with this usage."""
    return [
        Allowance(rule, usage.get(period, Credits(0)), window(period, now).end_at) for period, rule in binding.items()
    ]


def refusing(allowed: Sequence[Allowance], needed: Credits) -> Allowance | None:
    """The allowance that refuses a video of `needed` credits, or None when it fits all of them.

    Of several, the one that lasts longest: first one that gives too little even when unused, since waiting does not
    help there, then the one that resets last.
    """
    against = [allowance for allowance in allowed if allowance.used + needed > allowance.rule.credits]
    return max(against, key=lambda allowance: (needed > allowance.rule.credits, allowance.resets_at), default=None)


def _applies(target: Target, user_id: UserId, role_ids: frozenset[RoleId]) -> bool:
    match target.kind:
        case TargetKind.EVERYONE:
            return True
        case TargetKind.ROLE:
            return target.id in role_ids
        case TargetKind.MEMBER:
            return target.id == user_id


def _rank(rule: Rule) -> tuple[int, int, int]:
    """Higher beats lower: the kind of target decides, then generosity."""
    return list(TargetKind).index(rule.target.kind), rule.credits, -rule.target.id
