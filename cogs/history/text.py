"""What `/history` says: jobs in, words out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.domain.job import Delivery, Job, JobState
from cogs import limits
from cogs.markup import harmless
from cogs.words import credits_in_words, message_link, relative, video_link

PROMPT_SHOWN: Final = 120
"""Characters of each prompt, escapes included."""

NOTHING_YET: Final = "You have not asked for a video in this server yet. `/video` makes one."

STATE_IN_WORDS: dict[JobState, str] = {
    JobState.QUEUED: "waiting to be ordered",
    JobState.SUBMITTING: "being ordered",
    JobState.UNCONFIRMED: "not confirmed by PowerPost yet",
    JobState.PROCESSING: "being made",
    JobState.DELIVERING: "being sent",
    JobState.COMPLETED: "ready",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}


def history_text(jobs: Sequence[Job]) -> str:
    """The jobs as they come, each with its prompt, state, model, price, age and place; as many as a message holds."""
    if not jobs:
        return NOTHING_YET
    text = "### Your last videos in this server"
    for job in jobs:
        longer = f"{text}\n{entry(job)}"
        if len(longer) > limits.DISPLAYED_TEXT:
            break
        text = longer
    return text


def entry(job: Job) -> str:
    """Two lines for one job."""
    facts = [_state(job), job.request.model.name, _price(job), relative(job.created_at), _place(job)]
    return f"{harmless(job.request.prompt, PROMPT_SHOWN)}\n-# {' · '.join(fact for fact in facts if fact)}"


def _state(job: Job) -> str:
    return f"**{STATE_IN_WORDS[job.state]}**"


def _price(job: Job) -> str:
    match job.state:
        case JobState.COMPLETED:
            return credits_in_words(job.price)
        case JobState.FAILED | JobState.CANCELLED:
            return "not charged"
        case _:
            return f"{credits_in_words(job.price)} held"


def _place(job: Job) -> str:
    """Where to see it: the message, or the video's own link where no message could be sent."""
    if job.delivery is Delivery.HISTORY and job.video_url:
        return video_link(job.video_url, job.state_at)
    if job.message_id is not None and job.delivery is not Delivery.HISTORY:
        return f"[message]({message_link(job.guild_id, job.channel_id, job.message_id)})"
    return ""
