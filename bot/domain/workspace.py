"""A guild's own PowerPost account: the link to it, without its secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from bot.domain.identifiers import GuildId, LinkId, UserId


@dataclass(frozen=True, slots=True)
class Link:
    """A PowerPost key and workspace that a guild's admin linked.

    `encrypted_key` was encrypted by `bot/keyring.py`; None once the link has ended and no open job needs the key.
    `refused_at` is when PowerPost refused the key; from then on the link takes no new orders.
    """

    id: LinkId
    guild_id: GuildId
    workspace_id: str
    encrypted_key: bytes | None = field(repr=False)
    linked_by: UserId
    linked_at: datetime
    unlinked_at: datetime | None = None
    refused_at: datetime | None = None

    @property
    def is_active(self) -> bool:
        return self.unlinked_at is None
