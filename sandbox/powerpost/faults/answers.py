"""Faults that give a wrong answer."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from sandbox.powerpost.errors import RateLimited, error_envelope
from sandbox.powerpost.faults.exchange import Exchange, body_of, json_of

INTERNAL_ERROR = error_envelope("INTERNAL_ERROR", "An unexpected error occurred")


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers without processing: `body` is sent as JSON, or unchanged if it is text. The default is a 500."""

    status: int = 500
    body: object = field(default_factory=lambda: INTERNAL_ERROR)
    headers: Mapping[str, str] = field(default_factory=dict)

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Leave the request unprocessed."""
        if isinstance(self.body, str):
            return web.Response(status=self.status, text=self.body, headers=self.headers)
        return web.json_response(self.body, status=self.status, headers=self.headers)


@dataclass(frozen=True, slots=True)
class AnswerAfter:
    """Processes the request but gives another answer: an order is made and charged, and the client gets a 500."""

    answer: Answer = field(default_factory=Answer)

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then give the other answer."""
        await exchange.process()
        return await self.answer.apply(exchange)


@dataclass(frozen=True, slots=True)
class TooManyRequests:
    """A 429 with `retry_after` seconds, whatever the limit is. Not processed."""

    retry_after: int = 1

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Leave the request unprocessed."""
        refusal = RateLimited(self.retry_after)
        reset = math.ceil(time.time() + self.retry_after)  # real time, like the Date header of the answer
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
        return web.json_response(refusal.envelope(), status=refusal.status, headers=headers)


@dataclass(frozen=True, slots=True)
class HtmlPage:
    """The error page of a gateway in front of the API; with status 200, that of a captive portal. Not processed."""

    status: int = 502

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Leave the request unprocessed."""
        page = f"<!doctype html><html><head><title>{self.status}</title></head><body><h1>Bad gateway</h1></body></html>"
        return web.Response(status=self.status, text=page, content_type="text/html")


@dataclass(frozen=True, slots=True)
class TruncatedJson:
    """Processed; the right answer without its last `missing` bytes. As HTTP it is valid."""

    missing: int = 10

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then cut the JSON."""
        response = await exchange.process()
        body = await body_of(response)
        return web.Response(status=response.status, body=body[: -self.missing], content_type="application/json")


@dataclass(frozen=True, slots=True)
class ExtraFields:
    """The right answer with `fields` added to it and to every object in it."""

    fields: Mapping[str, Any] = field(default_factory=lambda: {"added_in_a_later_version": {"beta": [1, None, "x"]}})

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then add the fields."""
        response = await exchange.process()
        return web.json_response(self._extend(await json_of(response)), status=response.status)

    def _extend(self, value: object) -> object:
        if not isinstance(value, dict):
            return value
        return {name: self._extend(inner) for name, inner in value.items()} | dict(self.fields)


@dataclass(frozen=True, slots=True)
class UnknownStatus:
    """The right answer, but with an undocumented status."""

    name: str = "awaiting_review"

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then rename the status."""
        response = await exchange.process()
        return web.json_response(await json_of(response) | {"status": self.name}, status=response.status)


@dataclass(frozen=True, slots=True)
class VideoElsewhere:
    """The status of a completed video with other addresses: another host, a file:, an internal network.

    An answer without a video is not changed but counts, so plan this with `times=None`.
    """

    url: str

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Process, then replace both addresses."""
        response = await exchange.process()
        answer = await json_of(response)
        if "video" in answer:
            answer["video"] |= {"url": self.url, "thumbnail_url": self.url}
        return web.json_response(answer, status=response.status)
