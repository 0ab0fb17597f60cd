"""Faults of stored files. For a plain refusal plan `Answer(403, "…")`."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from sandbox.powerpost.faults.exchange import Exchange, body_of

PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class CutOff:
    """Promises the whole file, sends `after` bytes and closes the connection."""

    after: int

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Send the beginning."""
        response = await exchange.process()
        body = await body_of(response)
        cut = await exchange.begin(status=response.status, content_type=response.content_type, content_length=len(body))
        await cut.write(body[: self.after])
        # A reset discards what is still in the sender's buffer; a close delivers it first.
        transport = exchange.request.transport
        if transport is not None:
            transport.close()
        return cut


@dataclass(frozen=True, slots=True)
class EndlessBody:
    """A file without a length and without an end: zeros until the client has had enough, or the server stops."""

    content_type: str = "video/mp4"

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Send for ever."""
        endless = await exchange.begin(content_type=self.content_type)
        try:
            while not exchange.closing.is_set():
                await endless.write(bytes(PIECE))
                await asyncio.sleep(0)
        except ConnectionError:
            return endless
        return exchange.reset()


@dataclass(frozen=True, slots=True)
class WrongContentType:
    """The right bytes under the wrong name."""

    content_type: str = "text/html"

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Rename the type."""
        response = await exchange.process()
        response.headers["Content-Type"] = self.content_type
        return response


@dataclass(frozen=True, slots=True)
class Redirect:
    """Sends the client somewhere else, unprocessed."""

    location: str
    status: int = 302

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Point elsewhere."""
        return web.Response(status=self.status, headers={"Location": self.location})
