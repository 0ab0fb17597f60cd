"""How quotas are said: rules, whom they are for, how long they last and what they leave."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bot.domain.quota import Allowance, Period, Rule, Target, TargetKind
from cogs.words import credits_in_words, relative

NOW_IN_WORDS: Final[dict[Period, str]] = {
    Period.DAY: "today",
    Period.WEEK: "this week",
    Period.MONTH: "this month",
}


def rule_in_words(rule: Rule) -> str:
    """For example "20 credits a week"."""
    return f"{credits_in_words(rule.credits)} a {rule.period}"


def limits_text(allowed: Iterable[Allowance]) -> str:
    """The reader's own limits with what is left of each, or nothing when no rule limits them."""
    lines = [_limit_line(allowance) for allowance in allowed]
    return "\n".join(["**Your own limits here**", *lines]) if lines else ""


def whose_in_words(target: Target) -> str:
    """Why a rule applies to the reader."""
    match target.kind:
        case TargetKind.EVERYONE:
            return "for everyone here"
        case TargetKind.ROLE:
            return f"for the role {target.notation}"
        case TargetKind.MEMBER:
            return "for you"


def _limit_line(allowance: Allowance) -> str:
    rule = allowance.rule
    if rule.credits == 0:
        return f"No videos {NOW_IN_WORDS[rule.period]} ({whose_in_words(rule.target)})"
    left = f"{allowance.left:,} of {credits_in_words(rule.credits)} left {NOW_IN_WORDS[rule.period]}"
    return f"{left} ({whose_in_words(rule.target)}); starts anew {relative(allowance.resets_at)}"
