"""The picture that a member attached: read from Discord's hosts only, and checked before anything trusts it.

The check reads only the header and the structure: a small file that claims enormous dimensions is never decoded.
"""

from __future__ import annotations

import asyncio
import io
import warnings
from datetime import timedelta

from PIL import Image, UnidentifiedImageError

from bot.domain.request import LARGEST_IMAGE, SourceImage
from bot.errors import (
    NOTHING_SPENT,
    FetchBroken,
    FetchFailed,
    FetchForbidden,
    FetchTooLarge,
    HostNotPublic,
    ImageRefused,
)
from bot.web.fetch import Fetcher
from bot.web.picture_ends import is_complete

DISCORD_FILE_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")
LARGEST_SIDE = 8192
SMALLEST_SIDE = 64
READ_WITHIN = timedelta(seconds=30)
READ_AT_ONCE = 8
"""Each may hold 10 MB in memory until it is stored or refused."""
CONTENT_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


class ImageReader:
    """Fetches and checks attached pictures; `fetcher` may reach only Discord's file hosts."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._turns = asyncio.Semaphore(READ_AT_ONCE)

    async def __call__(self, url: str) -> SourceImage:
        """The picture at an attachment's address, whatever was declared about it.

        Raises `ImageRefused` with a sentence for the member.
        """
        try:
            async with self._turns:
                data = await self._fetcher.read(url, most_bytes=LARGEST_IMAGE, total=READ_WITHIN)
        except HostNotPublic:
            raise ImageRefused(NOT_REACHED) from None
        except FetchForbidden:
            raise ImageRefused(
                f"Pictures must come from Discord. Attach the file to the command itself. {NOTHING_SPENT}"
            ) from None
        except FetchTooLarge:
            raise ImageRefused(TOO_LARGE) from None
        except FetchBroken:
            raise ImageRefused(f"Discord did not send the picture in time. Please try again. {NOTHING_SPENT}") from None
        except FetchFailed:
            raise ImageRefused(f"Discord no longer has this picture. Attach it again. {NOTHING_SPENT}") from None
        return await asyncio.to_thread(check_image, data)


NOT_REACHED = (
    "The bot cannot read pictures from Discord right now; its operator has been told. "
    f"Videos without a picture work. {NOTHING_SPENT}"
)
INCOMPLETE = f"The picture is incomplete. Save it again and attach the new file. {NOTHING_SPENT}"
NO_PICTURE = (
    "This file is not a JPEG, PNG or WebP picture, whatever its name says. Save the picture as one of these and "
    f"attach it again. {NOTHING_SPENT}"
)
TOO_LARGE = f"The picture is over 10 MB. Make it smaller, or save it as a JPEG. {NOTHING_SPENT}"


def check_image(data: bytes) -> SourceImage:
    """The picture, once its content proves to be a JPEG, PNG or WebP of usable dimensions. Decodes nothing.

    Raises `ImageRefused` with a sentence for the member.
    """
    if not data:
        raise ImageRefused(f"The picture is empty (0 bytes). Save it again and attach the new file. {NOTHING_SPENT}")
    kind, width, height = _read_header(data)
    if max(width, height) > LARGEST_SIDE:
        raise ImageRefused(
            f"The picture is {width}×{height} pixels; each side may have up to {LARGEST_SIDE}. {NOTHING_SPENT}"
        )
    if min(width, height) < SMALLEST_SIDE:
        raise ImageRefused(
            f"The picture is {width}×{height} pixels; each side needs at least {SMALLEST_SIDE}. {NOTHING_SPENT}"
        )
    if not is_complete(kind, data):
        raise ImageRefused(INCOMPLETE)
    return SourceImage(f"source.{EXTENSIONS[kind]}", CONTENT_TYPES[kind], data)


def _read_header(data: bytes) -> tuple[str, int, int]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=list(CONTENT_TYPES)) as image:
                kind = "JPEG" if image.format == "MPO" else str(image.format)  # a JPEG with more after it
                return kind, image.width, image.height
    except Image.DecompressionBombError:
        raise ImageRefused(
            f"The picture is far too large; each side may have up to {LARGEST_SIDE} pixels. {NOTHING_SPENT}"
        ) from None
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise ImageRefused(NO_PICTURE) from None
