"""A job: one request on its way to a video, its states and the moves between them.

    queued ─▶ submitting ─▶ processing ─▶ delivering ─▶ completed
       │           │  └─▶ unconfirmed ─▶ processing | failed
       ├▶ cancelled└─▶ failed ◀──┘ (failed generation)
       └▶ failed

Nothing else compares states by hand: these tables say whether a move is allowed, what it does to the credits and what
the member's message shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypedDict

from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, JobId, LinkId, MessageId, UserId
from bot.domain.ledger import EntryKind, Pool
from bot.domain.request import VideoSpec


class JobState(StrEnum):
    """Where a job is; the values are stored."""

    QUEUED = "queued"
    SUBMITTING = "submitting"
    UNCONFIRMED = "unconfirmed"
    PROCESSING = "processing"
    DELIVERING = "delivering"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return not MOVES[self]


MOVES: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.SUBMITTING, JobState.CANCELLED, JobState.FAILED}),
    JobState.SUBMITTING: frozenset({JobState.PROCESSING, JobState.UNCONFIRMED, JobState.FAILED, JobState.QUEUED}),
    JobState.UNCONFIRMED: frozenset({JobState.PROCESSING, JobState.FAILED}),
    JobState.PROCESSING: frozenset({JobState.DELIVERING, JobState.FAILED}),
    JobState.DELIVERING: frozenset({JobState.COMPLETED}),
    JobState.COMPLETED: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}

ENTRY_OF_MOVE: dict[JobState, EntryKind] = {
    JobState.COMPLETED: EntryKind.SETTLE,
    JobState.FAILED: EntryKind.RELEASE,
    JobState.CANCELLED: EntryKind.RELEASE,
}
"""What reaching a state writes to the ledger, in the same transaction."""

OPEN_STATES = tuple(state for state in JobState if not state.is_final)
"""The states of a job that is not over."""

STATES_GIVING_BACK = tuple(state for state, kind in ENTRY_OF_MOVE.items() if kind is EntryKind.RELEASE)
"""The final states that cost nothing: the whole hold goes back."""


class Failure(StrEnum):
    """Why a job failed; the values are stored, and the member's words for each are in `cogs/video/failures.py`."""

    GENERATION_FAILED = "generation_failed"
    REQUEST_REFUSED = "request_refused"
    ACCOUNT_EMPTY = "account_empty"
    KEY_REFUSED = "key_refused"
    UNREACHABLE = "unreachable"
    IMAGE_REFUSED = "image_refused"
    STORAGE_FULL = "storage_full"
    GENERATION_LOST = "generation_lost"
    NEVER_CONFIRMED = "never_confirmed"
    NOT_TAKEN = "not_taken"
    OUR_MISTAKE = "our_mistake"


class MessageState(StrEnum):
    """What a job's message shows; the values are stored as what was shown last."""

    QUEUED = "queued"
    TROUBLE = "trouble"
    PROCESSING = "processing"
    SLOW = "slow"
    UNCONFIRMED = "unconfirmed"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Delivery(StrEnum):
    """How a finished video reached the member; the values are stored."""

    ATTACHED = "attached"
    LINKED = "linked"
    HISTORY = "history"


SLOW_AFTER = timedelta(minutes=20)
"""PowerPost advises waiting this long for a video; after that, the message says that it takes longer."""


@dataclass(frozen=True, slots=True)
class Job:
    """One request and everything known about it; each change in the database gives a new record.

    `credits_held` is the estimate reserved at the start, `credits_used` what PowerPost really charged, once known.
    `link_id` names the guild's own PowerPost account, or is None for the operator's.
    `channel_id` and `message_id` say where the job's message is now (it may have moved to a direct message, which
    `is_direct` then says); `shown` is the state that this message shows.
    `not_before`: earliest time a queued job may be sent, after a rate limit. `trouble_until` is set while its account's
    orders wait because PowerPost has trouble, and says when they are tried again. `ordered_at` is just before its order
    was last sent, `submitted_at` when PowerPost answered it.
    """

    id: JobId
    guild_id: GuildId
    channel_id: ChannelId
    requester_id: UserId
    interaction_id: InteractionId
    spec: VideoSpec
    link_id: LinkId | None
    state: JobState
    created_at: datetime
    state_at: datetime
    credits_held: Credits
    credits_used: Credits | None = None
    has_image: bool = False
    source_media_id: str | None = None
    message_id: MessageId | None = None
    is_direct: bool = False
    shown: MessageState | None = None
    not_before: datetime | None = None
    ordered_at: datetime | None = None
    submitted_at: datetime | None = None
    generation_id: str | None = None
    media_id: str | None = None
    video_url: str | None = None
    delivery: Delivery | None = None
    failure: Failure | None = None
    failure_detail: str | None = None
    request_id: str | None = None
    trouble_until: datetime | None = None

    @property
    def pool(self) -> Pool:
        """Which of the guild's wallets pays for the job."""
        return Pool.of(self.link_id)

    @property
    def price(self) -> Credits:
        """The real price once PowerPost has named it, the estimate before that."""
        return self.credits_held if self.credits_used is None else self.credits_used

    def message_state(self, now: datetime) -> MessageState:
        """What the job's message should show at `now`."""
        if self.state is JobState.QUEUED and self.trouble_until is not None:
            return MessageState.TROUBLE
        if self.state in _MESSAGE_STATE_OF_STATE:
            return _MESSAGE_STATE_OF_STATE[self.state]
        is_slow = self.submitted_at is not None and now - self.submitted_at >= SLOW_AFTER
        return MessageState.SLOW if is_slow else MessageState.PROCESSING


_MESSAGE_STATE_OF_STATE = {
    JobState.QUEUED: MessageState.QUEUED,
    JobState.SUBMITTING: MessageState.QUEUED,
    JobState.UNCONFIRMED: MessageState.UNCONFIRMED,
    JobState.COMPLETED: MessageState.COMPLETED,
    JobState.FAILED: MessageState.FAILED,
    JobState.CANCELLED: MessageState.CANCELLED,
}


class JobChanges(TypedDict, total=False):
    """The columns that a move or a note may set besides the state; names as in `Job`."""

    credits_used: Credits
    source_media_id: str
    channel_id: ChannelId
    message_id: MessageId
    is_direct: bool
    shown: MessageState
    not_before: datetime | None
    submitted_at: datetime
    generation_id: str
    media_id: str
    video_url: str
    delivery: Delivery
    failure: Failure
    failure_detail: str
    request_id: str
