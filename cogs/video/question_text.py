"""The question that a server has its members answer before an expensive video is ordered."""

from __future__ import annotations

from typing import Final

from bot.domain.identifiers import UserId
from bot.domain.request import VideoRequest
from bot.errors import ConfirmationNeeded
from bot.services.jobs.affordability import Affordability
from cogs.video.text import PROMPT_SHOWN, facts_line
from cogs.wording.markup import quoted
from cogs.wording.quotas import limits_text
from cogs.wording.words import credits_in_words, mention

CANCELLED: Final = "Cancelled. Nothing was spent."
CLOSED: Final = (
    "This question is closed: it was answered before, it expired, or the bot restarted. "
    "Nothing was ordered just now. Use `/video` to ask again."
)


def question_text(request: VideoRequest, needed: ConfirmationNeeded, affordable: Affordability) -> str:
    """The price, the video, what pays for it, the member's own limits, and what the buttons do."""
    about = "" if needed.is_exact else "about "
    parts = [
        f"### This video costs {about}{credits_in_words(needed.credits)}",
        quoted(request.spec.prompt, PROMPT_SHOWN),
        facts_line(request.spec, has_image=request.image is not None),
        _pool(affordable),
        limits_text(affordable.allowances),
        'Nothing is ordered, held or spent until you press "Make it".',
    ]
    return "\n".join(part for part in parts if part)


def not_yours(requester_id: UserId) -> str:
    return f"Only {mention(requester_id)} can answer this question."


def _pool(affordable: Affordability) -> str:
    if affordable.balance is None:
        return "This server's own PowerPost account pays for it."
    return f"This server has {credits_in_words(affordable.balance.available)} available."
