"""Quotas in words: rules, who they are for, how long they last, what is left, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.domain.quota import Allowance, Period, Rule, Target, TargetKind
from bot.errors import QuotaExceeded
from cogs.wording.words import credits_in_words, relative

NOW_IN_WORDS: Final[dict[Period, str]] = {
    Period.DAY: "today",
    Period.WEEK: "this week",
    Period.MONTH: "this month",
}


def rule_in_words(rule: Rule) -> str:
    """For example "20 credits a week"."""
    return f"{credits_in_words(rule.credits)} a {rule.period}"


def limits_text(allowed: Iterable[Allowance]) -> str:
    """The reader's own limits and what is left of each, or nothing when no rule limits them."""
    lines = [_limit_line(allowance) for allowance in allowed]
    return "\n".join(["**Your limits here**", *lines]) if lines else ""


def whose_in_words(target: Target) -> str:
    """Why a rule applies to the reader."""
    match target.kind:
        case TargetKind.EVERYONE:
            return "for everyone here"
        case TargetKind.ROLE:
            return f"for the role {target.notation}"
        case TargetKind.MEMBER:
            return "for you"


def quota_refusal(error: QuotaExceeded) -> str:
    """Three sentences: the price and the rule, what can be done, and that nothing was spent."""
    allowance = error.allowance
    rule = f"the quota {whose_in_words(allowance.rule.target)} is {rule_in_words(allowance.rule)}"
    return (
        f"This video costs about {credits_in_words(error.needed)}, and {rule}. "
        f"{_way_on(error.needed, allowance)} Nothing was spent."
    )


def _limit_line(allowance: Allowance) -> str:
    rule = allowance.rule
    if rule.credits == 0:
        return f"No videos {NOW_IN_WORDS[rule.period]} ({whose_in_words(rule.target)})"
    left = f"{allowance.left:,} of {credits_in_words(rule.credits)} left {NOW_IN_WORDS[rule.period]}"
    return f"{left} ({whose_in_words(rule.target)}); resets {relative(allowance.resets_at)}"


def _way_on(needed: int, allowance: Allowance) -> str:
    if allowance.rule.credits == 0:
        return "It allows no videos; an admin of this server can change that."
    if needed > allowance.rule.credits:
        return "That is more than it ever allows; a shorter or a silent video may fit."
    are = "is" if allowance.left == 1 else "are"
    return f"{credits_in_words(allowance.left)} of it {are} left; it resets {relative(allowance.resets_at)}."
