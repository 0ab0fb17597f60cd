"""A job's message: one container of Components V2, coloured by what it shows, with the clip in a gallery.

https://docs.discord.com/developers/components/reference#container
"""

from __future__ import annotations

from typing import Final

import discord
from discord import ui

from bot.domain.job import Delivery, Job, MessageState
from cogs.video.text import Surroundings, Words, words
from cogs.wording import limits

COLOUR_OF_MESSAGE_STATE: dict[MessageState, int] = {
    MessageState.QUEUED: 0x8A93A3,
    MessageState.TROUBLE: 0xE0A030,
    MessageState.PROCESSING: 0x4C7DF0,
    MessageState.SLOW: 0xE0A030,
    MessageState.UNCONFIRMED: 0xE0A030,
    MessageState.COMPLETED: 0x3BA55D,
    MessageState.FAILED: 0xD0453F,
    MessageState.CANCELLED: 0x8A93A3,
}

REFUSED_COLOUR: Final = COLOUR_OF_MESSAGE_STATE[MessageState.FAILED]


def job_view(job: Job, around: Surroundings, *, attachment: str | None = None) -> ui.LayoutView:
    """The whole message of a job. `attachment` is the name of the clip's file if it is sent with the message."""
    said = words(job, around)
    message_state = job.message_state(around.now)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=COLOUR_OF_MESSAGE_STATE[message_state])
    container.add_item(_text(f"### {said.headline}\n{said.prompt}"))
    media = _media(job, message_state, attachment)
    if media is not None:
        container.add_item(_gallery(media, said))
    container.add_item(_text(f"{said.facts}\n{said.status}\n-# {said.footer}"))
    return _view(container)


def refusal_view(sentence: str) -> ui.LayoutView:
    """The message of a request that was refused after its answer was deferred."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=REFUSED_COLOUR)
    container.add_item(_text(sentence))
    return _view(container)


def _media(job: Job, message_state: MessageState, attachment: str | None) -> str | None:
    if message_state is not MessageState.COMPLETED:
        return None
    if attachment is not None:
        return f"attachment://{attachment}"
    linkable = job.delivery is Delivery.LINKED and job.video_url and len(job.video_url) <= limits.MEDIA_URL
    return job.video_url if linkable else None


def _gallery(media: str, said: Words) -> ui.MediaGallery[ui.LayoutView]:
    return ui.MediaGallery(discord.MediaGalleryItem(media, description=said.alt))


def _text(content: str) -> ui.TextDisplay[ui.LayoutView]:
    return ui.TextDisplay(content)


def _view(container: ui.Container[ui.LayoutView]) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view
