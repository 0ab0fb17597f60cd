"""The audit trail: each change of credits, rules and settings, with who and when. Rows are never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.actor import Actor
from bot.domain.identifiers import GuildId

Details = Mapping[str, str | int | bool | None]
"""The facts of an action, by name, in the words that people read. They never hold secrets or prompts."""


class AuditAction(StrEnum):
    """What can be done to a guild's credits, rules and settings; the values are stored."""

    SETTING_CHANGED = "setting_changed"
    QUOTA_SET = "quota_set"
    QUOTA_CLEARED = "quota_cleared"
    WORKSPACE_LINKED = "workspace_linked"
    WORKSPACE_UNLINKED = "workspace_unlinked"
    WORKSPACE_REFUSED = "workspace_refused"
    CREDITS_GRANTED = "credits_granted"
    CREDITS_REVOKED = "credits_revoked"
    PRICE_SET = "price_set"
    PRICE_FORGOTTEN = "price_forgotten"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of a guild's audit trail."""

    id: int
    guild_id: GuildId
    actor: Actor
    action: AuditAction
    details: Details
    at: datetime
