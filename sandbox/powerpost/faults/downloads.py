"""Faults of stored files. For a simple refusal, plan `Answer(403, "…")`."""

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
        # A reset would discard what is still in the send buffer; a close delivers it first.
        transport = exchange.request.transport
        if transport is not None:
            transport.close()
        return cut


@dataclass(frozen=True, slots=True)
class EndlessBody:
    """A file without length or end: zeros until the client closes the connection or the server stops."""

    content_type: str = "video/mp4"

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Send forever."""
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
    """The right bytes with the wrong type."""

    content_type: str = "text/html"

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then change the type."""
        response = await exchange.process()
        response.headers["Content-Type"] = self.content_type
        return response


@dataclass(frozen=True, slots=True)
class Redirect:
    """Sends the client somewhere else. Not processed."""

    location: str
    status: int = 302

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Point elsewhere."""
        return web.Response(status=self.status, headers={"Location": self.location})
