"""What the operator wants to know of each server at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.identifiers import GuildId
from bot.domain.job import JobState
from bot.domain.ledger import Balance


@dataclass(frozen=True, slots=True)
class GuildFacts:
    """One server. `since_at` is None while only the operator has mentioned it, `left_at` while the bot is in it.

    `balance` is of its granted credits; `is_linked`: it pays with its own PowerPost account instead. `jobs` counts its
    jobs by state; states without jobs are missing. `name` is None until Discord has told it.
    """

    guild_id: GuildId
    since_at: datetime | None
    left_at: datetime | None
    is_linked: bool
    balance: Balance
    jobs: Mapping[JobState, int]
    name: str | None = None
