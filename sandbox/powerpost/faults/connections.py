"""Connection faults: silence, resets, and slow answers. Durations are real time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from aiohttp import web

from sandbox.powerpost.faults.exchange import Exchange, body_of


@dataclass(frozen=True, slots=True)
class HangBefore:
    """Says nothing for `duration`, then processes and answers, even if the client has left, like a slow queue.

    With None it says nothing until the server stops, and never processes.
    """

    duration: timedelta | None = None

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Wait, then process."""
        await exchange.wait(self.duration)
        return exchange.reset() if exchange.closing.is_set() else await exchange.process()


@dataclass(frozen=True, slots=True)
class HangAfter:
    """Processes at once, then says nothing for `duration` (None: until the server stops) before it answers."""

    duration: timedelta | None = None

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then wait."""
        response = await exchange.process()
        await exchange.wait(self.duration)
        return exchange.reset() if exchange.closing.is_set() else response


@dataclass(frozen=True, slots=True)
class ResetBefore:
    """Resets the connection without processing."""

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Leave the request unprocessed."""
        return exchange.reset()


@dataclass(frozen=True, slots=True)
class ResetAfter:
    """Processes, then resets the connection: the order is charged, and the answer is lost."""

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then reset."""
        await exchange.process()
        return exchange.reset()


@dataclass(frozen=True, slots=True)
class SlowTrickle:
    """The right answer, `piece` bytes at a time with `pause` between them."""

    pause: timedelta = timedelta(milliseconds=100)
    piece: int = 16

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then trickle."""
        response = await exchange.process()
        body = await body_of(response)
        trickle = await exchange.begin(
            status=response.status, content_type=response.content_type, content_length=len(body)
        )
        for start in range(0, len(body), self.piece):
            if exchange.closing.is_set():
                return exchange.reset()
            await trickle.write(body[start : start + self.piece])
            await exchange.wait(self.pause)
        return trickle
