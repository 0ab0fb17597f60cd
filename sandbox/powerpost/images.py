"""Receiving an uploaded image: read no more than the limit, and trust the content, not the name."""

from __future__ import annotations

import io
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from aiohttp import BodyPartReader, web
from PIL import Image

from sandbox.powerpost.errors import FileTooLarge, ValidationRefused

LARGEST_IMAGE: Final = 10 * 1024 * 1024
"""Bytes; the documentation says 10 MB."""

FORMATS: Final = ("JPEG", "PNG", "WEBP")
MIME_TYPES: Final = MappingProxyType(
    {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "MPO": "image/jpeg"}
)
"""By Pillow's names; MPO is a JPEG with a second picture inside, as some phones make."""


@dataclass(frozen=True, slots=True)
class UploadForm:
    """The multipart form of an upload: the file with its name, and the declared type."""

    content: bytes
    file_name: str
    media_type: str


async def read_form(request: web.Request) -> UploadForm:
    """Read the parts `file` and `type`, in either order; raises `ValidationRefused` or `FileTooLarge`."""
    if not request.content_type.startswith("multipart/"):
        raise ValidationRefused("Request body must be multipart/form-data")
    content, file_name, media_type = None, "", ""
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        if part.name == "file":
            content, file_name = await _content(part), part.filename or "upload"
        elif part.name == "type":
            media_type = await part.text()
    if content is None:
        raise ValidationRefused("file is required")
    return UploadForm(content, file_name, media_type)


def mime_type(content: bytes) -> str:
    """The real type of the bytes; raises `ValidationRefused` unless they are a complete JPEG, PNG or WebP.

    Decodes the image: run it off the event loop.
    """
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            image.load()
            return MIME_TYPES[str(image.format)]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValidationRefused("file must be a JPEG, PNG or WebP image") from error


async def _content(part: BodyPartReader) -> bytes:
    content = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        content += chunk
        if len(content) > LARGEST_IMAGE:
            raise FileTooLarge("File exceeds the maximum size of 10 MB")
    return bytes(content)
