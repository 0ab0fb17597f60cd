"""Records to tell stories with; everything has a value, and each test names what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, JobId, MessageId, UserId
from bot.domain.job import Job, JobState
from bot.domain.ledger import Balance
from bot.domain.quota import EVERYONE, Allowance, Period, Rule, Target, window
from bot.domain.request import VideoSpec, make_spec

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def a_spec(**changes: Any) -> VideoSpec:
    return make_spec(**({"prompt": "A golden retriever runs through a field"} | changes))


def a_job(state: JobState = JobState.PROCESSING, **changes: Any) -> Job:
    """A job of five silent seconds of Kling, 15 credits held, last moved at noon."""
    facts: dict[str, Any] = {
        "id": JobId("0123456789abcdef"),
        "guild_id": GuildId(100),
        "channel_id": ChannelId(200),
        "requester_id": UserId(300),
        "interaction_id": InteractionId(400),
        "spec": a_spec(),
        "link_id": None,
        "created_at": NOON - timedelta(minutes=2),
        "state_at": NOON,
        "credits_held": Credits(15),
        "message_id": MessageId(500),
    }
    return Job(**(facts | {"state": state} | changes))


def a_balance(available: int, reserved: int = 0, spent: int = 0) -> Balance:
    granted = available + reserved + spent
    return Balance(Credits(available), Credits(reserved), Credits(spent), granted=Credits(granted))


def an_allowance(
    target: Target = EVERYONE, period: Period = Period.DAY, *, limit: int = 20, used: int = 0
) -> Allowance:
    """What a rule leaves at noon."""
    return Allowance(Rule(target, period, Credits(limit)), Credits(used), window(period, NOON).end_at)
