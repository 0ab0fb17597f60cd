"""What Discord declares about an attached picture, checked before any of it is downloaded.

The limits are PowerPost's: https://powerpost.ai/docs/api/media (JPEG, PNG and WebP up to 10 MB). The content itself is
checked later, when it is read: a declaration proves nothing.
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
"""Types that cannot work. Programs label good pictures in odd ways ("image/pjpeg", "application/octet-stream", not at
all), so for everything else the content decides."""


class ReadImage(Protocol):
    """Downloads an attachment and checks its content."""

    def __call__(self, url: str) -> Awaitable[SourceImage]:
        """The checked picture. Raises `ImageRefused`."""


def check_declared(image: discord.Attachment) -> None:
    """Refuse what cannot be a usable picture.

    Raises `ImageRefused`.
    """
    declared = (image.content_type or "").partition(";")[0].strip().lower()
    if _OTHER_KIND.fullmatch(declared):
        raise ImageRefused(
            "Pictures must be JPEG, PNG or WebP. Save it as one of these and try again. Nothing was spent."
        )
    if image.size == 0:
        raise ImageRefused("The attached picture is empty. Save it again and attach the new file. Nothing was spent.")
    if image.size > LARGEST_IMAGE:
        megabytes = image.size / 1_000_000
        raise ImageRefused(
            f"The picture has {megabytes:.1f} MB; the limit is 10 MB. Make it smaller and try again. Nothing was spent."
        )
