"""What happens to every request besides its handler: it is recorded, meets its fault, and its answer gets headers."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Final
from uuid import uuid4

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from sandbox.changes import Changes
from sandbox.clock import Clock
from sandbox.powerpost.access import Access
from sandbox.powerpost.api import API_PREFIX
from sandbox.powerpost.errors import Refusal, error_envelope
from sandbox.powerpost.faults import Exchange, FaultPlan
from sandbox.powerpost.ledger import Ledger
from sandbox.powerpost.rate_limit import DEFAULT_LIMIT, RateLimiter
from sandbox.powerpost.records import ReceivedRequest

SECRET_HEADERS: Final = frozenset({"x-api-key", "authorization", "cookie"})

_log = logging.getLogger(__name__)


class Middlewares:
    """The middlewares that surround the handlers."""

    def __init__(
        self,
        *,
        access: Access,
        ledger: Ledger,
        changes: Changes,
        clock: Clock,
        faults: FaultPlan,
        limiter: RateLimiter,
        closing: asyncio.Event,
    ) -> None:
        self._access = access
        self._ledger = ledger
        self._changes = changes
        self._clock = clock
        self._faults = faults
        self._limiter = limiter
        self._closing = closing

    def install(self, app: web.Application) -> None:
        """Add them to an application, outermost first."""
        app.middlewares.extend([self._around, answer_errors])

    @web.middleware
    async def _around(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        record = await self._record(request)
        exchange = Exchange(
            request,
            process=lambda: handler(request),
            finish=lambda response: self._finish(request, record, response),
            closing=self._closing,
        )
        fault = self._faults.next_for(record)
        response = await (fault.apply(exchange) if fault is not None else exchange.process())
        if not response.prepared:
            exchange.finish(response)
        return response

    async def _record(self, request: web.Request) -> ReceivedRequest:
        owner = self._access.owner(request)
        record = ReceivedRequest(
            request_id=f"req_{uuid4().hex}",
            method=request.method,
            route=route_of(request),
            path=request.path,
            headers={name: value for name, value in request.headers.items() if name.lower() not in SECRET_HEADERS},
            json=await _json_of(request),
            account_id=owner.id if owner else None,
            received_at=self._clock.now(),
        )
        self._ledger.receive(record)
        return record

    def _finish(self, request: web.Request, record: ReceivedRequest, response: web.StreamResponse) -> None:
        """Record the status of an answer that is sent, and add the headers that every API answer has."""
        if request.transport is None or request.transport.is_closing():
            return
        record.status = response.status
        self._changes.announce()
        if request.path.startswith(API_PREFIX):
            for name, value in self._headers(request, record).items():
                response.headers.setdefault(name, value)

    def _headers(self, request: web.Request, record: ReceivedRequest) -> dict[str, str]:
        account = self._ledger.account(record.account_id)
        owner, limit = (account.id, account.rate_limit) if account else (request.remote or "", DEFAULT_LIMIT)
        return {"X-Request-Id": record.request_id} | self._limiter.window(owner).headers(limit)


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals, unknown addresses and bugs of the sandbox into the documented error body."""
    try:
        return await handler(request)
    except ConnectionError:
        # The client left before its body was complete: nothing was processed, and nobody will read this.
        return web.Response(status=400)
    except Refusal as refusal:
        return web.json_response(refusal.envelope(), status=refusal.status)
    except web.HTTPException as error:
        code = "NOT_FOUND" if error.status == 404 else error.reason.upper().replace(" ", "_")
        return web.json_response(error_envelope(code, error.reason), status=error.status)
    except Exception:  # noqa: BLE001 - the outermost handler: a bug here becomes a 500
        _log.exception("Handling a request failed", extra={"action": "request_failed", "route": route_of(request)})
        return web.json_response(error_envelope("INTERNAL_ERROR", "An unexpected error occurred"), status=500)


def route_of(request: web.Request) -> str:
    """The request's route as in planned faults, or its real path if it has none."""
    resource = request.match_info.route.resource
    pattern = resource.canonical if resource is not None else request.path
    method = hdrs.METH_GET if request.method == hdrs.METH_HEAD else request.method
    return f"{method} {pattern.removeprefix(API_PREFIX)}"


async def _json_of(request: web.Request) -> object:
    """The body if it is JSON. aiohttp keeps what is read here, so the client may leave before it is processed."""
    if not request.can_read_body or request.content_type.startswith("multipart/"):
        return None
    try:
        return json.loads(await request.read())
    except (ValueError, ConnectionError):
        return None
