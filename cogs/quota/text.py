"""What admins read of `/quota`: what was changed, all rules, and who has used what, a page at a time."""

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
"""Few enough that the longest lines fit into a message together with what stands around them."""

NO_RULES: Final = (
    "### This server has no quotas\nEach member may use what the server has. "
    "`/quota set` limits that: for everyone, for a role or for a member."
)

ORDER_OF_RULES: Final = (
    "-# Each rule counts for each member by itself. In each period a member's own rule comes first; without one, the "
    "most generous of their roles'; without one, the rule for everyone. A video must fit into every period with a rule."
)


@dataclass(frozen=True, slots=True)
class RulesPage:
    """One page of `/quota show`; `number` counts from 0."""

    text: str
    number: int
    count: int


def set_text(rule: Rule, before: Rule | None, now: datetime) -> str:
    """What holds from now on, and what it takes the place of."""
    resets = f"The running {rule.period} ends {relative(window(rule.period, now).end_at)} (by UTC)."
    lines = [_who_may(rule), f"What was used since its beginning counts already. {resets}"]
    if before is not None:
        lines.append(f"-# It was {rule_in_words(before)} before.")
    return "\n".join(lines)


def cleared_text(target: Target, removed: Sequence[Rule]) -> str:
    """What no longer holds."""
    if not removed:
        return f"There was no such quota for {target.notation}, so nothing was changed."
    rules = " and ".join(rule_in_words(rule) for rule in removed)
    return f"The quota for {target.notation} of {rules} is gone. `/quota show` tells what still holds."


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
        TargetKind.EVERYONE: "Every member here",
        TargetKind.ROLE: f"Every member with {rule.target.notation}",
        TargetKind.MEMBER: rule.target.notation,
    }[rule.target.kind]
    if rule.credits == 0:
        return f"{whom} may make no videos from now on."
    shared = "" if rule.target.kind is TargetKind.MEMBER else ", each by themselves"
    return f"{whom} may use {rule_in_words(rule)} from now on{shared}."


def _rule_lines(rules: Sequence[Rule]) -> Iterator[str]:
    for target, own in groupby(rules, key=lambda rule: rule.target):
        whom = "Everyone" if target.kind is TargetKind.EVERYONE else target.notation
        yield f"{whom}: {' · '.join(rule_in_words(rule) for rule in own)}"


def _usage_lines(rules: Sequence[Rule], usage: Mapping[UserId, Usage]) -> Iterator[str]:
    """A line for each member who has used something in a period that a rule is about; who used most stands first."""
    periods = [period for period in Period if any(rule.period is period for rule in rules)]
    limits = _CertainLimits(rules)
    users = [user_id for user_id in usage if any(usage[user_id].get(period) for period in periods)]
    users.sort(key=lambda user_id: ([-usage[user_id].get(period, 0) for period in reversed(periods)], user_id))
    yield "**Used so far, in credits**" if users else "Nobody has used anything of it yet."
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
    return f"{sentence[0].upper()}{sentence[1:]} (by UTC)."


class _CertainLimits:
    """The limits of members whose roles are not known: where a role's rule might bind, there is no telling."""

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
