"""Faults on demand: answers that go wrong, connections that hang or break, Discord being down.

A fault matches requests by method and route template; both may be patterns (`*`). It strikes the next `times` requests
that match, or all of them with `times=None`, until it is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase

from sandbox.changes import Changes
from sandbox.discord.wire import Json

EVERY = "*"


class FaultKind(StrEnum):
    ANSWER = "answer"
    HANG = "hang"
    RESET = "reset"
    ENDLESS = "endless"


class EdgeAnswer(StrEnum):
    """Answers of Discord's edge (Cloudflare, proxies): they say nothing about the resource that was asked for.

    https://github.com/discord/discord-api-docs/pull/6557 (code 40333)
    https://developers.cloudflare.com/support/troubleshooting/cloudflare-errors/troubleshooting-cloudflare-1xxx-errors/
    """

    INTERNAL_NETWORK_ERROR = "internal network error"
    CLOUDFLARE_FORBIDDEN = "cloudflare forbidden"
    CLOUDFLARE_NOT_FOUND = "cloudflare not found"
    CLOUDFLARE_RATE_LIMIT = "cloudflare rate limit"
    PROXY_NOT_FOUND = "proxy not found"


@dataclass(slots=True, eq=False)
class Fault:
    """What goes wrong. With `carried_out` the request takes effect, and only its answer is lost or replaced."""

    kind: FaultKind
    method: str
    route: str
    left: int | None
    carried_out: bool
    status: int = 0
    body: Json | str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    hits: int = 0
    sent: int = 0
    """Bytes of an endless body that the client has taken."""

    def matches(self, method: str, route: str) -> bool:
        alive = self.left is None or self.left > 0
        return alive and fnmatchcase(method, self.method) and fnmatchcase(route, _literal(self.route))

    def withdraw(self) -> None:
        self.left = 0


class Faults:
    """The planned faults, oldest first."""

    def __init__(self, changes: Changes) -> None:
        self._faults: list[Fault] = []
        self._changes = changes
        self.down = False

    def answer(
        self,
        method: str = EVERY,
        route: str = EVERY,
        *,
        status: int,
        code: int = 0,
        message: str = "",
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        carried_out: bool = False,
    ) -> Fault:
        """Answer with this status. A 5xx without a code is plain text, as from a proxy, not Discord's JSON."""
        text = message or f"{status}: planned by a test"
        body: Json | str = text if status >= 500 and not code else {"message": text, "code": code}
        kept = dict(headers or {})
        return self._add(Fault(FaultKind.ANSWER, method, route, times, carried_out, status, body, kept))

    def rate_limit(
        self,
        method: str = EVERY,
        route: str = EVERY,
        *,
        retry_after: float,
        everywhere: bool = False,
        by_cloudflare: bool = False,
        times: int | None = 1,
    ) -> Fault:
        """A 429. `everywhere` is the global limit; `by_cloudflare` has neither `Via` nor JSON, as for a banned client.

        https://docs.discord.com/developers/topics/rate-limits
        """
        body: Json = {"message": "You are being rate limited.", "retry_after": retry_after, "global": everywhere}
        headers = {"Retry-After": f"{max(1, round(retry_after))}"}
        if by_cloudflare:
            return self._add(Fault(FaultKind.ANSWER, method, route, times, False, 429, "error code: 1015", headers))
        headers |= {"Via": "1.1 google", "X-RateLimit-Scope": "global" if everywhere else "user"}
        return self._add(Fault(FaultKind.ANSWER, method, route, times, False, 429, body, headers))

    def edge(self, kind: EdgeAnswer, method: str = EVERY, route: str = EVERY, *, times: int | None = 1) -> Fault:
        """The edge answers, and the request never reaches Discord."""
        status, body, headers = _EDGE_ANSWERS[kind]
        return self._add(Fault(FaultKind.ANSWER, method, route, times, False, status, body, headers))

    def hang(
        self, method: str = EVERY, route: str = EVERY, *, times: int | None = 1, carried_out: bool = False
    ) -> Fault:
        """Never answer."""
        return self._add(Fault(FaultKind.HANG, method, route, times, carried_out))

    def reset(
        self, method: str = EVERY, route: str = EVERY, *, times: int | None = 1, carried_out: bool = False
    ) -> Fault:
        """Break the connection instead of answering."""
        return self._add(Fault(FaultKind.RESET, method, route, times, carried_out))

    def endless(self, method: str = EVERY, route: str = EVERY, *, status: int = 200, times: int | None = 1) -> Fault:
        """Answer with a body that does not end until the client closes; `sent` counts its bytes."""
        return self._add(Fault(FaultKind.ENDLESS, method, route, times, False, status))

    def clear(self) -> None:
        """Withdraw all faults."""
        for fault in self._faults:
            fault.withdraw()
        self._faults.clear()

    def take(self, method: str, route: str) -> Fault | None:
        """The fault for this request, if any, counted as a hit."""
        for fault in self._faults:
            if fault.matches(method, route):
                fault.hits += 1
                fault.left = None if fault.left is None else fault.left - 1
                self._changes.announce()
                return fault
        return None

    def _add(self, fault: Fault) -> Fault:
        self._faults.append(fault)
        return fault


_CLOUDFLARE: dict[str, str] = {"Server": "cloudflare", "CF-RAY": "9a2f6d1c3b7e4f10-FRA"}

_EDGE_ANSWERS: Mapping[EdgeAnswer, tuple[int, Json | str, Mapping[str, str]]] = {
    EdgeAnswer.INTERNAL_NETWORK_ERROR: (403, {"message": "internal network error", "code": 40333}, _CLOUDFLARE),
    EdgeAnswer.CLOUDFLARE_FORBIDDEN: (
        403,
        "<!DOCTYPE html><title>Attention Required! | Cloudflare</title><h1>Sorry, you have been blocked</h1>",
        _CLOUDFLARE,
    ),
    EdgeAnswer.CLOUDFLARE_NOT_FOUND: (404, "<!DOCTYPE html><title>Not Found</title>error code: 404", _CLOUDFLARE),
    EdgeAnswer.CLOUDFLARE_RATE_LIMIT: (429, "error code: 1015", _CLOUDFLARE | {"Retry-After": "2"}),
    EdgeAnswer.PROXY_NOT_FOUND: (404, "<html><head><title>404 Not Found</title></head></html>", {"Server": "nginx"}),
}


def _literal(route: str) -> str:
    """A route template as a pattern in which only `*` is special."""
    return route.replace("[", "[[]").replace("?", "[?]")
