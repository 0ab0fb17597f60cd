"""Attachments: bytes on disk, and signed links to them that expire.

https://docs.discord.com/developers/reference#signed-attachment-cdn-urls
"""

from __future__ import annotations

import asyncio
import hmac
import mimetypes
import re
import secrets
import warnings
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote, urlencode

from PIL import Image, UnidentifiedImageError

from sandbox.clock import Clock
from sandbox.discord.limits import Limits
from sandbox.discord.wire import Json

_NOT_IN_A_FILENAME = re.compile(r"[^\w.-]")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a member picks in a slash option or in a modal's upload field."""

    filename: str
    data: bytes
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Received bytes, not yet belonging to a message."""

    filename: str
    path: Path
    size: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that Discord serves. `ephemeral` ones come from command options and have a separate path."""

    id: int
    channel_id: int
    filename: str
    size: int
    content_type: str | None
    path: Path
    width: int | None = None
    height: int | None = None
    description: str | None = None
    ephemeral: bool = False


class FileStore:
    """Keeps files and signs links to them; `open` says where."""

    def __init__(self, *, clock: Clock, limits: Limits) -> None:
        self._origin = ""
        self._directory = Path()
        self._clock = clock
        self._limits = limits
        self._secret = secrets.token_bytes(32)
        self._attachments: dict[int, Attachment] = {}

    def open(self, directory: Path, *, origin: str) -> None:
        """Keep files in `directory`, and serve them at `origin` (`http://host:port`)."""
        self._directory, self._origin = directory, origin

    async def receive(self, filename: str, chunks: AsyncIterator[bytes]) -> StoredFile:
        """Write a stream to disk, chunk by chunk; a stream that breaks off leaves no file."""
        path = self._directory / secrets.token_hex(16)
        try:
            size = await _write(path, chunks)
        except BaseException:
            await asyncio.to_thread(path.unlink, missing_ok=True)
            raise
        return StoredFile(sanitised(filename), path, size)

    async def adopt(
        self,
        stored: StoredFile,
        *,
        attachment_id: int,
        channel_id: int,
        content_type: str | None = None,
        description: str | None = None,
        ephemeral: bool = False,
    ) -> Attachment:
        """Make received bytes an attachment. Without a `content_type`, the file name decides."""
        kind = content_type or mimetypes.guess_type(stored.filename)[0]
        width, height = await asyncio.to_thread(_dimensions, stored.path, kind)
        attachment = Attachment(
            attachment_id, channel_id, stored.filename, stored.size, kind, stored.path, width, height, description,
            ephemeral,
        )  # fmt: skip
        self._attachments[attachment_id] = attachment
        return attachment

    async def discard(self, stored: StoredFile) -> None:
        await asyncio.to_thread(stored.path.unlink, missing_ok=True)

    def find(self, channel_id: int, attachment_id: int) -> Attachment | None:
        attachment = self._attachments.get(attachment_id)
        return attachment if attachment is not None and attachment.channel_id == channel_id else None

    def link(self, attachment: Attachment) -> str:
        """A link that is valid for `limits.attachment_link` from now."""
        now = self._clock.now()
        folder = "ephemeral-attachments" if attachment.ephemeral else "attachments"
        path = f"/{folder}/{attachment.channel_id}/{attachment.id}/{quote(attachment.filename)}"
        issued, expires = _hex(now), _hex(now + self._limits.attachment_link)
        query = {"ex": expires, "is": issued, "hm": self._signature(attachment.id, expires, issued)}
        return f"{self._origin}{path}?{urlencode(query)}&"

    def may_fetch(self, attachment: Attachment, query: Mapping[str, str]) -> bool:
        """Whether a link's query was signed here and has not expired."""
        expires, issued = query.get("ex", ""), query.get("is", "")
        genuine = hmac.compare_digest(query.get("hm", ""), self._signature(attachment.id, expires, issued))
        return genuine and self._clock.now() < datetime.fromtimestamp(int(expires, 16), UTC)

    def payload(self, attachment: Attachment) -> Json:
        """https://docs.discord.com/developers/resources/message#attachment-object"""
        link = self.link(attachment)
        optional = {
            "content_type": attachment.content_type,
            "width": attachment.width,
            "height": attachment.height,
            "description": attachment.description,
        }
        return {
            "id": str(attachment.id),
            "filename": attachment.filename,
            "size": attachment.size,
            "url": link,
            "proxy_url": link,
            **({"ephemeral": True} if attachment.ephemeral else {}),
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _signature(self, attachment_id: int, expires: str, issued: str) -> str:
        return hmac.new(self._secret, f"{attachment_id}:{expires}:{issued}".encode(), sha256).hexdigest()


def sanitised(filename: str) -> str:
    """The name that Discord gives a file: spaces become underscores, unusual characters are removed."""
    return _NOT_IN_A_FILENAME.sub("", filename.replace(" ", "_")) or "unknown"


async def _write(path: Path, chunks: AsyncIterator[bytes]) -> int:
    size = 0
    # Opened here: of a request that ends meanwhile, a thread would leave the file open, and in its folder.
    with path.open("wb") as file:
        async for chunk in chunks:
            await asyncio.to_thread(file.write, chunk)
            size += len(chunk)
    return size


def _hex(moment: datetime) -> str:
    return f"{int(moment.timestamp()):x}"


def _dimensions(path: Path, content_type: str | None) -> tuple[int | None, int | None]:
    if content_type is None or not content_type.startswith("image/"):
        return None, None
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(path) as image,
        ):
            return image.size
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError):
        return None, None
