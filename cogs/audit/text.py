"""What a log channel says about an action: an entry of the audit trail in, words out."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.actor import BOT, OPERATOR, Actor, user_of
from bot.domain.audit import AuditAction, AuditEntry
from cogs.wording.markup import harmless
from cogs.wording.words import mention

HEADLINE_OF_ACTION: Final[dict[AuditAction, str]] = {
    AuditAction.SETTING_CHANGED: "Setting changed",
    AuditAction.QUOTA_SET: "Quota set",
    AuditAction.QUOTA_CLEARED: "Quota cleared",
    AuditAction.WORKSPACE_LINKED: "PowerPost account linked",
    AuditAction.WORKSPACE_UNLINKED: "PowerPost account unlinked",
    AuditAction.WORKSPACE_REFUSED: "PowerPost account refused by PowerPost",
    AuditAction.CREDITS_GRANTED: "Credits granted",
    AuditAction.CREDITS_REVOKED: "Credits revoked",
    AuditAction.PRICE_SET: "Expected price set",
    AuditAction.PRICE_FORGOTTEN: "Expected price forgotten",
}

FACT_SHOWN: Final = 300
"""Characters of one fact, escapes included."""

ESCAPED_NAME: Final = re.compile("\\\\<(?:(\\\\#)|\\\\@\u200b(&|!)?)(\\d+)\\\\>")
"""Discord's notation for a channel, a role or a member, as `harmless` writes it."""


def action_text(entry: AuditEntry) -> str:
    """Who did what, and the facts, one per line; channels, roles and members appear by name."""
    facts = [f"{name.replace('_', ' ').capitalize()}: {_fact(value)}" for name, value in entry.details.items()]
    return "\n".join([f"**{HEADLINE_OF_ACTION[entry.action]}** by {_who(entry.actor)}", *facts])


def _who(actor: Actor) -> str:
    user_id = user_of(actor)
    if user_id is not None:
        return mention(user_id)
    return {OPERATOR: "the bot's operator", BOT: "the bot"}.get(actor, harmless(actor, FACT_SHOWN))


def _fact(value: str | int | bool | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else _with_names(harmless(value, FACT_SHOWN))


def _with_names(escaped: str) -> str:
    """Nobody is pinged: the message is sent without allowed mentions."""
    return ESCAPED_NAME.sub(lambda found: f"<{'#' if found[1] else '@' + (found[2] or '')}{found[3]}>", escaped)
