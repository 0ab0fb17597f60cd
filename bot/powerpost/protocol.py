"""The protocol without I/O: build a request, send it however you like, and `decipher` the answer.

A request knows which record its answer is read into, so `decipher` returns that record or raises exactly one of the
`PowerPostError`s of `bot.errors`, whatever bytes came.

https://powerpost.ai/docs/api/generate-videos; errors are sorted in `bot.powerpost.faults`.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from pydantic import ValidationError

from bot.errors import AccessForbidden, AnswerFacts, InvalidApiKey, NotFound, UnreadableAnswer
from bot.powerpost.faults import fault
from bot.powerpost.limits import bounded_wait, read_retry_after
from bot.powerpost.models import (
    Accepted,
    AccountCredits,
    ErrorEnvelope,
    GenerateOrder,
    Generation,
    Uploaded,
    WireRecord,
)
from bot.powerpost.wiretypes import one_line

Value = TypeVar("Value", bound=WireRecord)


class Endpoint(StrEnum):
    """The endpoints that rate limits and logs distinguish."""

    GENERATE = "videos/generate"
    GENERATION = "videos/generations"
    UPLOAD = "media/upload"
    CREDITS = "account/credits"


@dataclass(frozen=True, slots=True)
class Access:
    """Whose account and workspace a request is for.

    Raises `InvalidApiKey` or `AccessForbidden` when one has characters that a header may not contain.
    """

    api_key: str = field(repr=False)
    workspace_id: str

    def __post_init__(self) -> None:
        if not _VISIBLE.fullmatch(self.api_key):
            raise InvalidApiKey(AnswerFacts(message="The API key is empty or has characters that no key has"))
        if not _VISIBLE.fullmatch(self.workspace_id):
            raise AccessForbidden(AnswerFacts(message="The workspace id is empty or has characters that no id has"))


@dataclass(frozen=True, slots=True)
class Request(Generic[Value]):
    """One request, complete but for the base URL; `path` begins with a slash and `headers` carry the API key."""

    endpoint: Endpoint
    method: str
    path: str
    reads: type[Value]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    generation_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: names of `headers` in lower case, `body` as it came (perhaps cut off at a bound)."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime


def order_video(access: Access, order: GenerateOrder) -> Request[Accepted]:
    """`POST /videos/generate`. This spends credits and must be sent at most once."""
    body = json.dumps(order.model_dump(mode="json", exclude_none=True)).encode()
    headers = _headers(access) | {"Content-Type": "application/json"}
    return Request(Endpoint.GENERATE, "POST", "/videos/generate", Accepted, headers, body)


def ask_generation(access: Access, generation_id: str) -> Request[Generation]:
    """`GET /videos/generations/{id}`.

    Raises `NotFound` for an id that does not fit into a path, because PowerPost issues no such id.
    """
    if not _PATH_PART.fullmatch(generation_id):
        raise NotFound(AnswerFacts(message="That is not a generation id"))
    path = f"/videos/generations/{generation_id}"
    return Request(Endpoint.GENERATION, "GET", path, Generation, _headers(access), generation_id=generation_id)


def upload_image(access: Access, data: bytes, *, filename: str, content_type: str) -> Request[Uploaded]:
    """`POST /media/upload` as multipart/form-data. https://www.rfc-editor.org/rfc/rfc7578"""
    boundary = f"image-{secrets.token_hex(20)}"  # cannot be found in the data by chance
    name = _NOT_IN_FILENAME.sub("_", filename)[-100:] or "image"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="type"\r\n\r\nimage\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        f"Content-Type: {one_line(content_type, longest=100)}\r\n\r\n"
    )
    headers = _headers(access) | {"Content-Type": f"multipart/form-data; boundary={boundary}"}
    body = b"".join((head.encode(), data, f"\r\n--{boundary}--\r\n".encode()))
    return Request(Endpoint.UPLOAD, "POST", "/media/upload", Uploaded, headers, body)


def ask_credits(access: Access) -> Request[AccountCredits]:
    """`GET /account/credits`: the account's, so no workspace is named."""
    headers = _headers(access)
    del headers["X-Workspace-Id"]
    return Request(Endpoint.CREDITS, "GET", "/account/credits", AccountCredits, headers)


def decipher(request: Request[Value], answer: Answer) -> Value:
    """The record that the request asked for.

    Raises the matching `PowerPostError`: `UnreadableAnswer` for a success that cannot be read (or is about another
    generation), and for other answers what `bot.powerpost.faults` says.
    """
    if not 200 <= answer.status < 300:
        envelope = _read_envelope(answer.body)
        raise fault(_facts(request, answer, envelope), signed=envelope is not None)
    value, problem = _read(request.reads, answer.body)
    if value is None:
        raise UnreadableAnswer(AnswerFacts(answer.status, None, problem, request_id(answer)))
    if isinstance(value, Generation) and value.id.lower() != (request.generation_id or "").lower():
        raise UnreadableAnswer(AnswerFacts(answer.status, None, "Another generation's answer", request_id(answer)))
    return value


def request_id(answer: Answer) -> str | None:
    """PowerPost's name for this exchange, which its support asks for."""
    return one_line(answer.headers.get("x-request-id", ""), longest=100) or None


_VISIBLE = re.compile(r"[!-~]{1,500}")
_PATH_PART = re.compile(r"(?!\.+$)[A-Za-z0-9._~-]{1,200}")
_NOT_IN_FILENAME = re.compile(r"[^A-Za-z0-9._ -]")


def _headers(access: Access) -> dict[str, str]:
    return {"x-api-key": access.api_key, "X-Workspace-Id": access.workspace_id, "Accept": "application/json"}


def _read(record: type[Value], body: bytes) -> tuple[Value | None, str]:
    """The record, or None and what is wrong; never the input, which may hold prompts and signed links."""
    try:
        return record.model_validate_json(body), ""
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        return None, f"Unreadable answer: {place or 'body'}: {first['type']}"


def _read_envelope(body: bytes) -> ErrorEnvelope | None:
    return _read(ErrorEnvelope, body)[0]


def _facts(request: Request[Value], answer: Answer, envelope: ErrorEnvelope | None) -> AnswerFacts:
    detail = envelope.error if envelope else None
    message = (detail and detail.message) or f"HTTP {answer.status} without an explanation by PowerPost"
    return AnswerFacts(
        status=answer.status,
        code=detail.code if detail else None,
        message=message.replace(request.headers["x-api-key"], "(key)"),
        request_id=request_id(answer),
        retry_after=_retry_after(answer, envelope),
    )


def _retry_after(answer: Answer, envelope: ErrorEnvelope | None) -> timedelta | None:
    """The body's wait, else the headers'; the window's reset counts only if a limit was the reason."""
    if envelope:
        for seconds in (envelope.error.retry_after, envelope.retry_after):
            if seconds is not None:
                return bounded_wait(seconds)
    if answer.status == 429 or "retry-after" in answer.headers:
        return read_retry_after(answer.headers, received_at=answer.received_at)
    return None
