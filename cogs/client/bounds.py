"""Limits on what Discord may send: discord.py itself reads answers and gateway frames of any size.

REST answers are limited through the client's documented hook (`http_trace`), frames through the one call that opens the
gateway's connection. Anything larger is a `ClientError`: "Discord cannot be reached now".
"""

from __future__ import annotations

import asyncio
import zlib
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final, Protocol, cast

import aiohttp
from discord.http import HTTPClient

from bot.web.bounded import read_bounded

LARGEST_ANSWER: Final = 8 * 2**20
"""Bytes. The largest answer we ask for is all commands with every translation: about one MiB."""

LONGEST_ANSWER: Final = timedelta(seconds=60)
"""For the body alone, once the headers are there; the caller limits the whole request."""

LARGEST_FRAME: Final = 8 * 2**20
LARGEST_EVENT: Final = 32 * 2**20
"""Bytes of a frame as sent, and decompressed. A server with all channels, roles and threads has about two MiB."""

_FLUSHED = b"\x00\x00\xff\xff"
"""How zlib ends a message. https://docs.discord.com/developers/events/gateway#transport-compression"""


class _BoundedContent:
    """Wraps an answer's body: reading it whole is limited in size and time."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content

    async def read(self, _: int = -1) -> bytes:
        async with asyncio.timeout(LONGEST_ANSWER.total_seconds()):
            return await read_bounded(self._content, most_bytes=LARGEST_ANSWER)

    def __getattr__(self, name: str) -> object:
        return getattr(self._content, name)


def bounding_answers(trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
    """The same trace, which now limits every answer too; for `http_trace` of a discord.py client."""
    trace.on_request_end.append(_bound_answer)
    return trace


async def _bound_answer(_: aiohttp.ClientSession, __: SimpleNamespace, end: aiohttp.TraceRequestEndParams) -> None:
    if end.response.status != 101:
        end.response.content = cast("aiohttp.StreamReader", _BoundedContent(end.response.content))


class _OpensSockets(Protocol):
    async def __call__(self, url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse: ...


def bounded_sockets(http: HTTPClient) -> _OpensSockets:
    """What `http.ws_connect` does, except that a frame may have at most `LARGEST_FRAME` bytes."""

    async def ws_connect(url: str, *, compress: int = 0) -> aiohttp.ClientWebSocketResponse:
        session: aiohttp.ClientSession = vars(http)["_HTTPClient__session"]
        return await session.ws_connect(
            url,
            max_msg_size=LARGEST_FRAME,
            timeout=aiohttp.ClientWSTimeout(ws_close=30.0),
            autoclose=False,
            headers={"User-Agent": http.user_agent},
            proxy=http.proxy,
            proxy_auth=http.proxy_auth,
            compress=compress,
        )

    return ws_connect


class BoundedInflation:
    """discord.py's decompression context for zlib, with a limit on the result. Raises ValueError."""

    COMPRESSION_TYPE = "zlib-stream"

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._stream: Any = zlib.decompressobj()

    def decompress(self, data: bytes, /) -> str | None:
        """The message that ends with `data`; None while it is incomplete."""
        self._buffer += data
        if len(self._buffer) > LARGEST_FRAME:
            raise ValueError(f"A message has more than {LARGEST_FRAME} bytes")
        if not self._buffer.endswith(_FLUSHED):
            return None
        message: bytes = self._stream.decompress(bytes(self._buffer), LARGEST_EVENT)
        if self._stream.unconsumed_tail:
            raise ValueError(f"A message becomes more than {LARGEST_EVENT} bytes")
        self._buffer.clear()
        return message.decode()
