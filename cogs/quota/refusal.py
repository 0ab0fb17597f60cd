"""What a member reads when a quota stands against a video: which rule, what it leaves, and when it starts anew."""

from __future__ import annotations

from bot.domain.quota import Allowance
from bot.errors import QuotaExceeded
from cogs.quota.words import rule_in_words, whose_in_words
from cogs.words import credits_in_words, relative


def quota_refusal(error: QuotaExceeded) -> str:
    """Three sentences: the price and the rule, what can be done, and that nothing was spent."""
    allowance = error.allowance
    rule = f"the quota {whose_in_words(allowance.rule.target)} is {rule_in_words(allowance.rule)}"
    return (
        f"This video costs about {credits_in_words(error.needed)}, and {rule}. "
        f"{_way_on(error.needed, allowance)} Nothing was spent."
    )


def _way_on(needed: int, allowance: Allowance) -> str:
    if allowance.rule.credits == 0:
        return "It allows no videos; people who manage this server can change that."
    if needed > allowance.rule.credits:
        return "It never allows a video of this price; a shorter or a silent one may fit."
    are = "is" if allowance.left == 1 else "are"
    return f"{credits_in_words(allowance.left)} of it {are} left; it starts anew {relative(allowance.resets_at)}."
