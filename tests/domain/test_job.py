"""The states of a job: which moves there are, how each ends in the books, and what its message shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, JobId, LinkId, UserId, new_job_id
from bot.domain.job import (
    ENTRY_OF_MOVE,
    MOVES,
    OPEN_STATES,
    SLOW_AFTER,
    STATES_GIVING_BACK,
    Job,
    JobState,
    MessageState,
)
from bot.domain.ledger import EntryKind, Pool
from bot.domain.request import make_spec

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
FINAL = {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}


def test_every_state_has_its_moves() -> None:
    assert MOVES.keys() == set(JobState)


def test_only_the_three_ends_are_final() -> None:
    assert {state for state in JobState if state.is_final} == FINAL


def test_every_state_is_reached_from_queued_and_leads_to_an_end() -> None:
    assert _reached_from(JobState.QUEUED) == set(JobState)
    for state in JobState:
        assert _reached_from(state) & FINAL, state


def test_a_job_is_submitted_again_only_when_nothing_was_ordered() -> None:
    submitting_from = {start for start, ends in MOVES.items() if JobState.SUBMITTING in ends}
    assert submitting_from == {JobState.QUEUED}
    queued_from = {start for start, ends in MOVES.items() if JobState.QUEUED in ends}
    assert queued_from == {JobState.SUBMITTING}


def test_a_job_with_an_unknown_outcome_is_never_submitted_again() -> None:
    assert JobState.SUBMITTING not in _reached_from(JobState.UNCONFIRMED)


def test_only_a_queued_job_can_be_cancelled() -> None:
    assert {start for start, ends in MOVES.items() if JobState.CANCELLED in ends} == {JobState.QUEUED}


def test_every_end_closes_the_hold_once() -> None:
    assert ENTRY_OF_MOVE == {
        JobState.COMPLETED: EntryKind.SETTLE,
        JobState.FAILED: EntryKind.RELEASE,
        JobState.CANCELLED: EntryKind.RELEASE,
    }


def test_a_job_is_open_until_its_end_and_costs_nothing_unless_it_completes() -> None:
    assert set(OPEN_STATES) == set(JobState) - FINAL
    assert set(STATES_GIVING_BACK) == {JobState.FAILED, JobState.CANCELLED}


def test_a_job_on_the_guilds_own_account_is_paid_from_the_linked_pool() -> None:
    job = _job(JobState.QUEUED)
    assert job.pool is Pool.GRANTED
    assert replace(job, link_id=LinkId(1)).pool is Pool.LINKED


def test_price_is_the_hold_until_powerpost_has_charged() -> None:
    assert _job(JobState.QUEUED).price == 15
    assert _job(JobState.PROCESSING, credits_used=Credits(0)).price == 0


@pytest.mark.parametrize(
    ("state", "message_state"),
    [
        (JobState.QUEUED, MessageState.QUEUED),
        (JobState.SUBMITTING, MessageState.QUEUED),
        (JobState.UNCONFIRMED, MessageState.UNCONFIRMED),
        (JobState.PROCESSING, MessageState.PROCESSING),
        (JobState.DELIVERING, MessageState.PROCESSING),
        (JobState.COMPLETED, MessageState.COMPLETED),
        (JobState.FAILED, MessageState.FAILED),
        (JobState.CANCELLED, MessageState.CANCELLED),
    ],
)
def test_message_state_follows_the_state(state: JobState, message_state: MessageState) -> None:
    assert _job(state).message_state(START) is message_state


def test_message_state_turns_slow_once_powerpost_takes_too_long() -> None:
    job = _job(JobState.PROCESSING, submitted_at=START)
    almost = SLOW_AFTER - timedelta(microseconds=1)
    assert job.message_state(START + almost) is MessageState.PROCESSING
    assert job.message_state(START + SLOW_AFTER) is MessageState.SLOW
    assert _job(JobState.COMPLETED, submitted_at=START).message_state(START + SLOW_AFTER) is MessageState.COMPLETED


def test_job_ids_fit_where_discord_carries_them() -> None:
    ids = {new_job_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(len(job_id) == 16 and int(job_id, 16) >= 0 for job_id in ids)


def _reached_from(start: JobState) -> set[JobState]:
    reached = {start}
    while more := set[JobState]().union(*(MOVES[state] for state in reached)) - reached:
        reached |= more
    return reached


def _job(state: JobState, *, credits_used: Credits | None = None, submitted_at: datetime | None = None) -> Job:
    return Job(
        id=JobId("0123456789abcdef"),
        guild_id=GuildId(1),
        channel_id=ChannelId(2),
        requester_id=UserId(3),
        interaction_id=InteractionId(4),
        spec=make_spec(prompt="a cat"),
        link_id=None,
        state=state,
        created_at=START,
        state_at=START,
        credits_held=Credits(15),
        credits_used=credits_used,
        submitted_at=submitted_at,
    )
