"""A server's own PowerPost account in words."""

from __future__ import annotations

from bot.services.accounts.linking import LinkStatus
from cogs.wording.words import credits_in_words, relative


def own_balance_text(status: LinkStatus) -> str:
    """The start of `/credits` in a server with its own account."""
    if status.credits is None:
        headline = "### This server pays with its own PowerPost account"
    else:
        headline = f"### This server's own PowerPost account has {credits_in_words(status.credits)}"
    return f"{headline}\n{condition_in_words(status)}" if status.credits is None or status.link.refused_at else headline


def condition_in_words(status: LinkStatus) -> str:
    """What is wrong with the account, or its balance; nothing secret."""
    if status.link.refused_at is not None:
        at = relative(status.link.refused_at)
        return f"**PowerPost stopped accepting its key {at}.** An admin must link it again with `/workspace link`."
    if status.credits is None:
        return "Its balance is not available right now."
    return f"Balance: {credits_in_words(status.credits)}"
