"""A job's message: one container of Components V2, coloured by what it shows, with the clip in a gallery.

https://docs.discord.com/developers/components/reference#container
"""

from __future__ import annotations

from typing import Final

import discord
from discord import ui

from bot.domain.job import Delivery, Face, Job
from cogs.video.text import Surroundings, Words, words
from cogs.wording import limits

COLOUR_OF_FACE: dict[Face, int] = {
    Face.QUEUED: 0x8A93A3,
    Face.TROUBLE: 0xE0A030,
    Face.PROCESSING: 0x4C7DF0,
    Face.SLOW: 0xE0A030,
    Face.UNCONFIRMED: 0xE0A030,
    Face.COMPLETED: 0x3BA55D,
    Face.FAILED: 0xD0453F,
    Face.CANCELLED: 0x8A93A3,
}

REFUSED_COLOUR: Final = COLOUR_OF_FACE[Face.FAILED]


def job_view(job: Job, around: Surroundings, *, attachment: str | None = None) -> ui.LayoutView:
    """The whole message of a job. `attachment` is the name of the clip's file when it is sent along."""
    said = words(job, around)
    face = job.face(around.now)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=COLOUR_OF_FACE[face])
    container.add_item(_text(f"### {said.headline}\n{said.prompt}"))
    media = _media(job, face, attachment)
    if media is not None:
        container.add_item(_gallery(media, said))
    container.add_item(_text(f"{said.facts}\n{said.status}\n-# {said.footer}"))
    return _view(container)


def refusal_view(sentence: str) -> ui.LayoutView:
    """The message of a request that was refused after Discord had been told to wait for it."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=REFUSED_COLOUR)
    container.add_item(_text(sentence))
    return _view(container)


def _media(job: Job, face: Face, attachment: str | None) -> str | None:
    if face is not Face.COMPLETED:
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
