"""What Discord declares about an attached picture, checked before a byte of it is downloaded.

The limits are PowerPost's: https://powerpost.ai/docs/api/media (JPEG, PNG and WebP up to 10 MB). The content itself is
checked later by whoever reads it, since a declaration proves nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Final, Protocol

import discord

from bot.domain.request import LARGEST_IMAGE, SourceImage
from bot.errors import ImageRefused

IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/webp"})


class ReadImage(Protocol):
    """Downloads an attachment and checks its content."""

    def __call__(self, url: str) -> Awaitable[SourceImage]:
        """The checked picture. Raises `ImageRefused`."""


def check_declared(image: discord.Attachment) -> None:
    """Refuse at once what cannot be a usable picture.

    Raises `ImageRefused`.
    """
    declared = (image.content_type or "").partition(";")[0].strip().lower()
    if declared and declared not in IMAGE_TYPES:
        raise ImageRefused("The attachment is not a picture of a kind that works. Please use JPEG, PNG or WebP.")
    if image.size == 0:
        raise ImageRefused("The attached picture is empty.")
    if image.size > LARGEST_IMAGE:
        megabytes = image.size / 1_000_000
        raise ImageRefused(f"The attached picture has {megabytes:.1f} MB, and pictures may have up to 10 MB.")
