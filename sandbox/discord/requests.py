"""The record of every request that reached the sandbox, as evidence for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from sandbox.discord.wire import Json


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a multipart form."""

    index: int
    filename: str
    size: int


@dataclass(slots=True)
class RecordedRequest:
    """One request; `status` and `answer` are None until it is answered, which may be never.

    `route` is the template as in the official description, such as `/channels/{channel_id}/messages`; `body` is the
    JSON, which a multipart form has as `payload_json`. Headers are without Authorization. `fault` says why Discord did
    not answer normally: the kind of fault, "down", or "client gone" for an upload that broke off.
    """

    at: datetime
    method: str
    path: str
    route: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any = None
    files: tuple[SentFile, ...] = ()
    status: int | None = None
    answer: str | None = None
    seconds: float = 0.0
    fault: str | None = None

    @property
    def payload(self) -> Json:
        """The body if it is an object, else an empty one."""
        return self.body if isinstance(self.body, dict) else {}


class RequestLog(Sequence[RecordedRequest]):
    """Requests in the order in which they arrived."""

    def __init__(self) -> None:
        self._requests: list[RecordedRequest] = []

    @overload
    def __getitem__(self, index: int) -> RecordedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[RecordedRequest]: ...
    def __getitem__(self, index: int | slice) -> RecordedRequest | Sequence[RecordedRequest]:
        return self._requests[index]

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[RecordedRequest]:
        return iter(self._requests)

    def add(self, request: RecordedRequest) -> None:
        self._requests.append(request)

    def to(self, method: str, route: str) -> list[RecordedRequest]:
        """The requests of that method to that route template."""
        return [request for request in self._requests if (request.method, request.route) == (method, route)]

    def clear(self) -> None:
        """Forget what was recorded, for long-running suites."""
        self._requests.clear()
