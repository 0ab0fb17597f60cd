"""One request, as a fault handles it."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from aiohttp import web

from sandbox.powerpost.storage import StoredFile

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on, with zero seconds: closing sends RST instead of FIN."""


class Fault(Protocol):
    """Answers a request in its own way."""

    async def apply(self, exchange: Exchange, /) -> web.StreamResponse: ...


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, how to process it, and ways to make it fail.

    `finish` records the status of an answer and completes its headers; the middleware does that for answers that a
    fault returns unsent. `closing` is set when the server stops, so that nothing hangs longer.
    """

    request: web.Request
    process: Callable[[], Awaitable[web.StreamResponse]]
    finish: Callable[[web.StreamResponse], None]
    closing: asyncio.Event

    async def begin(
        self, *, status: int = 200, content_type: str, content_length: int | None = None
    ) -> web.StreamResponse:
        """Send the headers of an answer whose body the fault then writes piece by piece."""
        response = web.StreamResponse(status=status, headers={"Content-Type": content_type})
        response.content_length = content_length
        self.finish(response)
        await response.prepare(self.request)
        return response

    async def wait(self, duration: timedelta | None) -> None:
        """Wait in real time for `duration`, or until the server stops if it is None."""
        try:
            async with asyncio.timeout(duration.total_seconds() if duration is not None else None):
                await self.closing.wait()
        except TimeoutError:
            return

    def reset(self) -> web.StreamResponse:
        """Reset the connection; the returned response is never sent."""
        transport = self.request.transport
        if transport is not None:
            connection: socket.socket = transport.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            transport.abort()
        return web.Response()


async def body_of(response: web.StreamResponse) -> bytes:
    """The whole body of an answer that has not been sent."""
    if isinstance(response, StoredFile):
        return await asyncio.to_thread(response.file.read_bytes)
    body = response.body if isinstance(response, web.Response) else None
    return body if isinstance(body, bytes) else b""


async def json_of(response: web.StreamResponse) -> dict[str, Any]:
    """The JSON object in an answer that has not been sent."""
    answer: dict[str, Any] = json.loads(await body_of(response))
    return answer
