"""What the tests of this folder play on: a clock that is moved, and an HTTP server that answers as it is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

KEY = "pp_live_sk_stage_0123456789"
WORKSPACE = "11111111-2222-3333-4444-555555555555"
GENERATION = "7a8b9c0d-e1f2-3456-abcd-ef7890123456"
ACCEPTED: dict[str, Any] = {
    "video_generation_id": GENERATION,
    "status": "processing",
    "credits_used": 15,
    "remaining_credits": 85,
    "status_url": f"/api/v1/videos/generations/{GENERATION}",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FakeClock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.slept: list[timedelta] = []
        self._elapsed = timedelta()

    def now(self) -> datetime:
        return datetime(2026, 3, 11, 10, 0, tzinfo=UTC) + self._elapsed

    def monotonic(self) -> float:
        return 1000.0 + self._elapsed.total_seconds()

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        self._elapsed += duration


class Stage:
    """A server whose answers are queued up front; the last one is repeated. What was asked is in `requests`."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self._handlers: list[Handler] = []
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    @property
    def base_url(self) -> str:
        return str(self.server.make_url("/api/v1"))

    def url(self, path: str) -> str:
        return str(self.server.make_url(path))

    def will(self, *handlers: Handler) -> None:
        self._handlers.extend(handlers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.headers), await request.read()))
        handler = self._handlers.pop(0) if len(self._handlers) > 1 else self._handlers[0]
        return await handler(request)


def says(payload: object, status: int = 200, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.json_response(payload, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


def refuses(status: int, code: str, message: str = "No.", **headers: str) -> Handler:
    return says({"error": {"message": message, "code": code}}, status, **headers)


def writes(body: bytes, status: int = 200, **headers: str) -> Handler:
    async def handler(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status, headers={k.replace("_", "-"): v for k, v in headers.items()})

    return handler


async def hangs_up(request: web.Request) -> web.StreamResponse:
    """Takes the request and closes the connection without a word."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
