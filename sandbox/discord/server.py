"""The HTTP side: routes, and what happens around every request.

Each request is read in full and recorded, meets its fault if one is planned, is authorised, and then handled.
"""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.faults import Fault, FaultKind, Faults
from sandbox.discord.form import Form, read_form
from sandbox.discord.gateway.hub import Gateway
from sandbox.discord.requests import RecordedRequest, RequestLog, SentFile
from sandbox.discord.rest import application, attachments, channels, commands, entitlements, guilds, interactions
from sandbox.discord.rest.exchange import API_ROOT, FORM, WORLD, answer
from sandbox.discord.world import World

GATEWAY_PATH = "/gateway"
_BODY_MAX = 2**30
_POURED = 64 * 1024
_NEEDS_NO_TOKEN = ("/interactions/", "/webhooks/")
_RATE_LIMIT_HEADERS = {
    "X-RateLimit-Limit": "50",
    "X-RateLimit-Remaining": "49",
    "X-RateLimit-Reset-After": "1.000",
}


@dataclass(frozen=True, slots=True)
class Server:
    """Answers requests; `closing` releases those that hang."""

    world: World
    gateway: Gateway
    requests: RequestLog
    faults: Faults
    closing: asyncio.Event

    def app(self) -> web.Application:
        app = web.Application(client_max_size=_BODY_MAX, middlewares=[self._around])
        app[WORLD] = self.world
        app[application.GATEWAY] = self.gateway
        app.router.add_get(GATEWAY_PATH, self.gateway.handle)
        app.router.add_routes(attachments.routes())
        for resource in (application, commands, entitlements, guilds, channels, interactions):
            app.router.add_routes([_under_root(route) for route in resource.routes()])
        return app

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(API_ROOT):
            return web.Response(status=503) if self.faults.down else await handler(request)
        record = _record(request, self.world)
        self.requests.add(record)
        started = time.monotonic()
        try:
            response = await self._exchange(request, handler, record)
        except Exception:
            record.status = 500
            raise
        record.seconds = time.monotonic() - started
        if response is None:
            return web.Response(status=499)
        record.status, record.answer = response.status, response.text
        self.world.changed()
        return response

    async def _exchange(self, request: web.Request, handler: Handler, record: RecordedRequest) -> web.Response | None:
        """The answer, or None if there is none."""
        try:
            form = request[FORM] = await read_form(request, self.world.files)
        except ApiError as malformed:
            return _refusal(malformed)
        except ConnectionError:
            record.fault = "client gone"
            return None
        record.body = form.body
        record.files = tuple(SentFile(index, file.filename, file.size) for index, file in sorted(form.files.items()))
        if self.faults.down:
            record.fault = "down"
            return web.Response(status=503, text="upstream connect error")
        fault = self.faults.take(record.method, record.route)
        if fault is None or fault.carried_out:
            response = await self._handled(request, handler, form)
            if fault is None:
                return response
        record.fault = fault.kind
        return await self._strike(fault, request)

    async def _handled(self, request: web.Request, handler: Handler, form: Form) -> web.Response:
        try:
            self._authorise(request)
            response = await handler(request)
        except ApiError as refused:
            for file in form.files.values():
                await self.world.files.discard(file)
            return _refusal(refused)
        except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as unknown:
            return answer({"message": f"{unknown.status}: {unknown.reason}", "code": 0}, status=unknown.status)
        assert isinstance(response, web.Response)  # noqa: S101 - the API's handlers stream nothing
        response.headers.update(_RATE_LIMIT_HEADERS | {"X-RateLimit-Bucket": _bucket(request)})
        return response

    def _authorise(self, request: web.Request) -> None:
        if request.path.removeprefix(API_ROOT).startswith(_NEEDS_NO_TOKEN):
            return
        if request.headers.get("Authorization") != f"Bot {self.world.application.token}":
            raise ApiError(Problem.UNAUTHORIZED)

    async def _strike(self, fault: Fault, request: web.Request) -> web.Response | None:
        if fault.kind is FaultKind.ANSWER:
            return _faulty_answer(fault)
        if fault.kind is FaultKind.ENDLESS:
            await _pour(fault, request)
        if fault.kind is FaultKind.HANG:
            await self.closing.wait()
        if request.transport is not None:
            request.transport.abort()
        return None


async def _pour(fault: Fault, request: web.Request) -> None:
    """Send endless JSON until the client closes the connection."""
    body = web.StreamResponse(status=fault.status, headers={"Content-Type": "application/json"})
    with suppress(ConnectionError):
        await body.prepare(request)
        piece = b'{"content":"' + b" " * _POURED
        while True:
            await body.write(piece)
            fault.sent += len(piece)
            piece = b" " * _POURED


def _under_root(route: web.RouteDef) -> web.RouteDef:
    return web.RouteDef(route.method, API_ROOT + route.path, route.handler, route.kwargs)


def _record(request: web.Request, world: World) -> RecordedRequest:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    path = request.path.removeprefix(API_ROOT)
    return RecordedRequest(world.clock.now(), request.method, path, _template(request), dict(request.query), headers)


def _template(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return request.path.removeprefix(API_ROOT) if resource is None else resource.canonical.removeprefix(API_ROOT)


def _bucket(request: web.Request) -> str:
    """One bucket per method and route; clients themselves add the channel to it."""
    return f"{request.method}:{_template(request)}".encode().hex()[:32]


def _refusal(error: ApiError) -> web.Response:
    response = answer(error.body, status=error.problem.status)
    if error.problem.status == 429:
        # Without Via, clients think that Cloudflare answered, and give up.
        wait = float(error.extra.get("retry_after", 1.0))
        response.headers.update({"Via": "1.1 google", "X-RateLimit-Scope": "user", "Retry-After": f"{wait:.0f}"})
    return response


def _faulty_answer(fault: Fault) -> web.Response:
    structured = isinstance(fault.body, dict)
    body = json.dumps(fault.body) if structured else str(fault.body)
    kind = "application/json" if structured else "text/html" if body.startswith("<") else "text/plain"
    # Bytes, because text would add a charset to the content type, which clients compare as a whole.
    return web.Response(status=fault.status, body=body.encode(), headers=dict(fault.headers), content_type=kind)
