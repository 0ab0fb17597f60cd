"""What Discord declares about an attached picture, checked before a byte of it is downloaded.

The limits are PowerPost's: https://powerpost.ai/docs/api/media (JPEG, PNG and WebP up to 10 MB). The content itself is
checked later by whoever reads it, since a declaration proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Final, Protocol

import discord

from bot.domain.request import LARGEST_IMAGE, SourceImage
from bot.errors import ImageRefused

_OTHER_KIND: Final = re.compile(
    r"(audio|font|message|model|multipart|text|video)/.*|application/(pdf|zip|json)"
    r"|image/(avif|bmp|gif|hei[cf].*|jxl|svg.*|tiff|vnd\..*|x-icon|x-ms-bmp)"
)
"""Declared to be something that cannot work. Whatever else a program declares of a good picture ("image/pjpeg",
"application/octet-stream", nothing) is left to the content."""


class ReadImage(Protocol):
    """Downloads an attachment and checks its content."""

    def __call__(self, url: str) -> Awaitable[SourceImage]:
        """The checked picture. Raises `ImageRefused`."""


def check_declared(image: discord.Attachment) -> None:
    """Refuse at once what cannot be a usable picture.

    Raises `ImageRefused`.
    """
    declared = (image.content_type or "").partition(";")[0].strip().lower()
    if _OTHER_KIND.fullmatch(declared):
        raise ImageRefused("That is not a picture of a kind that works. Save it as JPEG, PNG or WebP, and attach that.")
    if image.size == 0:
        raise ImageRefused("The attached picture is empty. Save it again, and attach the new file.")
    if image.size > LARGEST_IMAGE:
        megabytes = image.size / 1_000_000
        raise ImageRefused(f"The attached picture has {megabytes:.1f} MB, and pictures may have up to 10 MB. Scale it.")
