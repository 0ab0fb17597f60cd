"""What `/history` says: jobs in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.domain.job import Delivery, Job, JobState
from cogs.wording import limits
from cogs.wording.markup import harmless
from cogs.wording.words import LINK_LIVES_FOR, credits_in_words, message_link, relative, video_link

PROMPT_SHOWN: Final = 120
"""Characters of each prompt, escapes included."""

LINK_SHOWN: Final = 2000
"""Characters of a link to a video; a longer one would leave no room for other entries."""

NOTHING_YET: Final = "You have no videos in this server yet. `/video` makes one."

STATE_IN_WORDS: dict[JobState, str] = {
    JobState.QUEUED: "in the queue",
    JobState.SUBMITTING: "being sent to PowerPost",
    JobState.UNCONFIRMED: "being checked with PowerPost",
    JobState.PROCESSING: "being made",
    JobState.DELIVERING: "being delivered",
    JobState.COMPLETED: "ready",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


def history_text(jobs: Sequence[Job], now: datetime) -> str:
    """The jobs in the given order, with prompt, state, model, price, age and place; as many as fit into a message."""
    if not jobs:
        return NOTHING_YET
    text = "### Your last videos in this server"
    for job in jobs:
        longer = f"{text}\n{entry(job, now)}"
        if len(longer) > limits.DISPLAYED_TEXT:
            break
        text = longer
    return text


def entry(job: Job, now: datetime) -> str:
    """Two lines for one job."""
    facts = [_state(job), job.spec.model.name, _price(job), relative(job.created_at), _place(job, now)]
    return f"{harmless(job.spec.prompt, PROMPT_SHOWN)}\n-# {' · '.join(fact for fact in facts if fact)}"


def _state(job: Job) -> str:
    return f"**{STATE_IN_WORDS[job.state]}**"


def _price(job: Job) -> str:
    match job.state:
        case JobState.COMPLETED:
            return credits_in_words(job.price)
        case JobState.FAILED | JobState.CANCELLED:
            return "not charged"
        case _ if job.credits_used is None:
            return f"{credits_in_words(job.credits_held)} held"
        case _:
            return credits_in_words(job.price)


def _place(job: Job, now: datetime) -> str:
    """Where to see it: the message, or the video's own link where no message shows it."""
    if job.delivery is Delivery.HISTORY:
        return _own_link(job, now)
    if job.message_id is not None:
        guild_id = None if job.is_direct else job.guild_id
        return f"[message]({message_link(guild_id, job.channel_id, job.message_id)})"
    return ""


def _own_link(job: Job, now: datetime) -> str:
    if not job.video_url or len(job.video_url) > LINK_SHOWN:
        return "link not available"
    if now >= job.state_at + LINK_LIVES_FOR:
        return "link expired"
    return video_link(job.video_url, job.state_at)
