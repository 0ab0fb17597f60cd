"""What is refused by its declaration alone, and what is left to its content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import discord
import pytest

from bot.errors import ImageRefused
from cogs.video.attachment import check_declared


@dataclass
class Declared:
    """As much of an attachment as is looked at."""

    content_type: str | None
    size: int = 1_000


def check(declared: Declared) -> None:
    check_declared(cast("discord.Attachment", declared))


@pytest.mark.parametrize(
    "content_type",
    [None, "", "image/png", "image/JPEG; q=1", "image/jpg", "image/pjpeg", "image/x-png", "application/octet-stream"],
)
def test_whatever_may_be_a_good_picture_is_left_to_its_content(content_type: str | None) -> None:
    check(Declared(content_type))


@pytest.mark.parametrize("content_type", ["image/gif", "image/svg+xml", "image/heic", "video/mp4", "application/pdf"])
def test_what_is_surely_something_else_is_refused_with_what_to_do(content_type: str) -> None:
    with pytest.raises(
        ImageRefused,
        match=r"^Pictures must be JPEG, PNG or WebP\. Save it as one of these and try again\. Nothing was spent\.$",
    ):
        check(Declared(content_type))


@pytest.mark.parametrize("size", [0, 10_000_001])
def test_size_is_checked_whatever_is_declared(size: int) -> None:
    with pytest.raises(ImageRefused):
        check(Declared("application/octet-stream", size))
