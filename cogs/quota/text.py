"""What `/quota` says to admins: what was changed, and page by page, all rules and who has used what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from bot.domain.identifiers import Credits, UserId
from bot.domain.quota import Period, Rule, Target, TargetKind, Usage, window
from cogs.wording.quotas import NOW_IN_WORDS, rule_in_words
from cogs.wording.words import mention, relative

LINES_ON_A_PAGE: Final = 20
"""Few enough that even the longest lines fit into a message with the text around them."""

NO_RULES: Final = (
    "### This server has no quotas\nEvery member may use all of the server's credits. "
    "`/quota set` limits that for everyone, a role or a member."
)

ORDER_OF_RULES: Final = (
    "-# Every limit is per member. In each period a member's own rule counts, else the most generous of their roles', "
    "else the rule for everyone. A video must fit into every period that has a rule."
)


@dataclass(frozen=True, slots=True)
class RulesPage:
    """One page of `/quota show`; `number` counts from 0."""

    text: str
    number: int
    count: int


def set_text(rule: Rule, before: Rule | None, now: datetime) -> str:
    """The new rule, and the one it replaces."""
    resets = f"The current {rule.period} ends {relative(window(rule.period, now).end_at)} (UTC)."
    lines = [_who_may(rule), f"{resets} What was used since it began counts."]
    if before is not None:
        lines.append(f"-# Before: {rule_in_words(before)}")
    return "\n".join(lines)


def cleared_text(target: Target, removed: Sequence[Rule]) -> str:
    """The rules that were removed."""
    if not removed:
        return f"There is no such quota for {target.notation}. Nothing was changed."
    rules = " and ".join(rule_in_words(rule) for rule in removed)
    return f"Removed the quota for {target.notation}: {rules}. `/quota show` lists what is left."


def show_page(rules: Sequence[Rule], usage: Mapping[UserId, Usage], now: datetime, number: int) -> RulesPage:
    """The rules, then who has used what; a number past the end gives the last page."""
    if not rules:
        return RulesPage(NO_RULES, 0, 1)
    lines = [*_rule_lines(rules), *_usage_lines(rules, usage)]
    count = -(-len(lines) // LINES_ON_A_PAGE)
    number = min(max(number, 0), count - 1)
    shown = lines[number * LINES_ON_A_PAGE : (number + 1) * LINES_ON_A_PAGE]
    head = "### Quotas of this server" if count == 1 else f"### Quotas of this server ({number + 1} of {count})"
    return RulesPage("\n".join([head, *shown, _resets(rules, now), ORDER_OF_RULES]), number, count)


def _who_may(rule: Rule) -> str:
    whom = {
        TargetKind.EVERYONE: "Members here",
        TargetKind.ROLE: f"Members with {rule.target.notation}",
        TargetKind.MEMBER: rule.target.notation,
    }[rule.target.kind]
    if rule.credits == 0:
        return f"{whom} may make no videos from now on."
    each = "" if rule.target.kind is TargetKind.MEMBER else " each"
    return f"{whom} may{each} use {rule_in_words(rule)} from now on."


def _rule_lines(rules: Sequence[Rule]) -> Iterator[str]:
    for target, own in groupby(rules, key=lambda rule: rule.target):
        whom = "Everyone" if target.kind is TargetKind.EVERYONE else target.notation
        yield f"{whom}: {' · '.join(rule_in_words(rule) for rule in own)}"


def _usage_lines(rules: Sequence[Rule], usage: Mapping[UserId, Usage]) -> Iterator[str]:
    """One line per member who has used credits in a period that has a rule, the largest user first."""
    periods = [period for period in Period if any(rule.period is period for rule in rules)]
    limits = _CertainLimits(rules)
    users = [user_id for user_id in usage if any(usage[user_id].get(period) for period in periods)]
    users.sort(key=lambda user_id: ([-usage[user_id].get(period, 0) for period in reversed(periods)], user_id))
    yield "**Used so far, in credits**" if users else "Nobody has used any credits yet."
    for user_id in users:
        used = (_used(usage[user_id].get(period, Credits(0)), limits.of(user_id, period), period) for period in periods)
        yield f"{mention(user_id)}: {' · '.join(used)}"


def _used(amount: Credits, limit: Credits | None, period: Period) -> str:
    of_limit = "" if limit is None else f" of {limit:,}"
    return f"{amount:,}{of_limit} {NOW_IN_WORDS[period]}"


def _resets(rules: Sequence[Rule], now: datetime) -> str:
    periods = [period for period in Period if any(rule.period is period for rule in rules)]
    ends = (f"the next {period} begins {relative(window(period, now).end_at)}" for period in periods)
    sentence = ", ".join(ends)
    return f"{sentence[0].upper()}{sentence[1:]} (UTC)."


class _CertainLimits:
    """Limits of members whose roles are unknown: none where a role's rule might apply."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._own = {(rule.target.id, rule.period): rule.credits for rule in rules if _is(rule, TargetKind.MEMBER)}
        self._everyone = {rule.period: rule.credits for rule in rules if _is(rule, TargetKind.EVERYONE)}
        for rule in rules:
            if _is(rule, TargetKind.ROLE):
                self._everyone.pop(rule.period, None)

    def of(self, user_id: UserId, period: Period) -> Credits | None:
        return self._own.get((user_id, period), self._everyone.get(period))


def _is(rule: Rule, kind: TargetKind) -> bool:
    return rule.target.kind is kind
