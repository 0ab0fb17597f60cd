"""Reading a whole answer, but never more than allowed."""

from __future__ import annotations

import aiohttp

_CHUNK = 64 * 1024


class BodyTooLarge(aiohttp.ClientPayloadError):
    """An answer has more bytes than allowed; the rest was not read."""


async def read_bounded(content: aiohttp.StreamReader, *, most_bytes: int) -> bytes:
    """All of `content`, after decompression. Raises `BodyTooLarge` beyond `most_bytes`."""
    body = bytearray()
    async for chunk in content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > most_bytes:
            raise BodyTooLarge(f"The answer has more than {most_bytes} bytes")
    return bytes(body)
