"""Every sentence that a job's message can hold: the job and its surroundings in, words out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.domain.identifiers import Credits
from bot.domain.job import Delivery, Job, JobState, MessageState
from bot.domain.ledger import Balance
from bot.domain.request import VideoSpec
from cogs.video.failures import NEXT_STEP_WITH_OWN_ACCOUNT, WORDS_OF_FAILURE
from cogs.wording import limits
from cogs.wording.markup import harmless, plain, quoted
from cogs.wording.words import (
    credits_in_words,
    mention,
    message_link,
    relative,
    seconds_in_words,
    size_in_words,
    sound_in_words,
    video_link,
)

PROMPT_SHOWN: Final = 1000
"""Characters of the prompt in a message, escapes included."""

DETAIL_SHOWN: Final = 300
"""Characters of PowerPost's own explanation of a failure."""

LINK_SHOWN: Final = 2000
"""Characters of a link among the words; a longer one leaves too little of Discord's 4,000 for the rest."""

NOT_CHARGED: Final = "You were not charged."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a message says besides its job.

    `balance` is the server's, or None when it is not known; `ready_at` is when the video should be ready.
    """

    now: datetime
    balance: Balance | None = None
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """The parts of a job's message, from top to bottom, ready for Discord. `alt` describes the clip, without markup."""

    headline: str
    prompt: str
    facts: str
    status: str
    footer: str
    alt: str


def words(job: Job, around: Surroundings) -> Words:
    """What the job's message says at `around.now`."""
    return Words(
        headline=_headline(job, around.now),
        prompt=quoted(job.spec.prompt, PROMPT_SHOWN),
        facts=facts_line(job.spec, has_image=job.has_image),
        status=_status(job, around),
        footer=f"Requested by {mention(job.requester_id)}",
        alt=plain(f"Video: {job.spec.prompt}", limits.ALT_TEXT),
    )


def facts_line(spec: VideoSpec, *, has_image: bool) -> str:
    """For example "Kling 3.0 Pro · 5 seconds · landscape (16:9) · silent"."""
    facts = [
        spec.model.name,
        seconds_in_words(spec.duration),
        size_in_words(spec.size),
        sound_in_words(spec.audio),
    ]
    if has_image:
        facts.append("from a picture")
    if spec.enhance:
        facts.append("prompt enhanced")
    return " · ".join(facts)


def ready_notice(job: Job) -> str:
    """The short message that tells the requester, and nobody else, that the video is ready."""
    if job.message_id is None:
        return f"{mention(job.requester_id)}, your video is ready."
    where = message_link(job.guild_id, job.channel_id, job.message_id)
    return f"{mention(job.requester_id)}, your video is ready: {where}"


def credits_left(job: Job, balance: Balance | None) -> Credits | None:
    """What the server can still spend once this job is settled; None when its own account pays.

    The ledger settles a job once its video was shown, but the price is known from the order on.
    """
    if balance is None or job.link_id is not None:
        return None
    is_settled = job.state.is_final and (job.state is not JobState.COMPLETED or job.shown is MessageState.COMPLETED)
    return balance.available if is_settled else Credits(balance.available + job.credits_held - job.price)


def _headline(job: Job, now: datetime) -> str:
    message_state = job.message_state(now)
    if message_state is MessageState.FAILED and job.failure is not None:
        return WORDS_OF_FAILURE[job.failure].headline
    return HEADLINE_OF_MESSAGE_STATE[message_state]


HEADLINE_OF_MESSAGE_STATE: dict[MessageState, str] = {
    MessageState.QUEUED: "The video is in the queue",
    MessageState.TROUBLE: "The video is waiting for PowerPost",
    MessageState.PROCESSING: "The video is being made",
    MessageState.SLOW: "The video is taking longer than usual",
    MessageState.UNCONFIRMED: "Checking with PowerPost",
    MessageState.COMPLETED: "The video is ready",
    MessageState.FAILED: "The video could not be made",
    MessageState.CANCELLED: "The video was cancelled",
}


def _status(job: Job, around: Surroundings) -> str:
    return STATUS_OF_MESSAGE_STATE[job.message_state(around.now)](job, around)


def _queued(job: Job, around: Surroundings) -> str:
    return f"PowerPost gets it in a moment. {_price(job, around)}"


def _trouble(job: Job, around: Surroundings) -> str:
    is_ahead = job.trouble_until is not None and job.trouble_until > around.now
    again = relative(job.trouble_until) if job.trouble_until and is_ahead else "now"
    return f"PowerPost is having trouble. Trying again {again}; the video keeps its place. {_price(job, around)}"


def _processing(job: Job, around: Surroundings) -> str:
    return f"{_when(around)} {_price(job, around)}"


def _slow(job: Job, around: Surroundings) -> str:
    return f"PowerPost is still working on it. This message changes when the video is done. {_price(job, around)}"


def _unconfirmed(_job: Job, _: Surroundings) -> str:
    return (
        "We are checking whether PowerPost got this request. You will not be charged twice. "
        "If there is no video within a day, the credits are returned."
    )


def _completed(job: Job, around: Surroundings) -> str:
    sentence = _and_left(f"It cost {credits_in_words(job.price)}", job, around)
    return f"{sentence} {_about_the_link(job)}" if job.delivery is Delivery.LINKED else sentence


def _failed(job: Job, _: Surroundings) -> str:
    if job.failure is None:
        return NOT_CHARGED
    said = WORDS_OF_FAILURE[job.failure]
    own_step = None if job.link_id is None else NEXT_STEP_WITH_OWN_ACCOUNT.get(job.failure)
    parts = [said.happened, NOT_CHARGED, own_step or said.next_step]
    if said.shows_detail and job.failure_detail:
        parts.insert(1, f'PowerPost says: "{harmless(job.failure_detail, DETAIL_SHOWN)}".')
    return " ".join(parts)


def _cancelled(_job: Job, _: Surroundings) -> str:
    return f"It was never ordered. {NOT_CHARGED}"


STATUS_OF_MESSAGE_STATE: dict[MessageState, Callable[[Job, Surroundings], str]] = {
    MessageState.QUEUED: _queued,
    MessageState.TROUBLE: _trouble,
    MessageState.PROCESSING: _processing,
    MessageState.SLOW: _slow,
    MessageState.UNCONFIRMED: _unconfirmed,
    MessageState.COMPLETED: _completed,
    MessageState.FAILED: _failed,
    MessageState.CANCELLED: _cancelled,
}


def _when(around: Surroundings) -> str:
    if around.ready_at is None or around.ready_at <= around.now:
        return "This takes a few minutes."
    return f"It should be ready {relative(around.ready_at)}."


def _price(job: Job, around: Surroundings) -> str:
    """The real price once PowerPost has told us; until then, what is held."""
    known = job.credits_used is not None
    cost = f"It costs {credits_in_words(job.price)}" if known else _held(job)
    return _and_left(cost, job, around)


def _and_left(cost: str, job: Job, around: Surroundings) -> str:
    left = credits_left(job, around.balance)
    return f"{cost}." if left is None else f"{cost}; this server has {left:,} left."


def _held(job: Job) -> str:
    return f"{credits_in_words(job.credits_held)} {'is' if job.credits_held == 1 else 'are'} held for it"


def _about_the_link(job: Job) -> str:
    if not job.video_url or len(job.video_url) > LINK_SHOWN:
        return "It could not be shown here; `/history` lists it."
    return f"It could not be attached, so here is a {video_link(job.video_url, job.state_at)}."
