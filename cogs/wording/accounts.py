"""How a server's own PowerPost account is said."""

from __future__ import annotations

from bot.services.accounts.linking import LinkStatus
from cogs.wording.words import credits_in_words, relative


def own_balance_text(status: LinkStatus) -> str:
    """What `/credits` says first in a server with its own account."""
    if status.credits is None:
        headline = "### This server pays with its own PowerPost account"
    else:
        headline = f"### This server's own PowerPost account has {credits_in_words(status.credits)}"
    return f"{headline}\n{condition_in_words(status)}" if status.credits is None or status.link.refused_at else headline


def condition_in_words(status: LinkStatus) -> str:
    """What is wrong with the account, or what it has; nothing secret."""
    if status.link.refused_at is not None:
        since = relative(status.link.refused_at)
        return f"**PowerPost refuses its key since {since}.** An admin must link it anew with `/workspace link`."
    if status.credits is None:
        return "Its balance cannot be asked at the moment."
    return f"Balance now: {credits_in_words(status.credits)}"
