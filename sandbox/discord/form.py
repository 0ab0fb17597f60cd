"""The body of a request: a JSON document, or a multipart form of `payload_json` and `files[n]`.

https://docs.discord.com/developers/reference#uploading-files
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import BodyPartReader, web
from aiohttp.multipart import MultipartReader

from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.files import FileStore, StoredFile
from sandbox.discord.wire import Json

_FILE_FIELD = re.compile(r"files\[(\d)\]")
_CHUNK = 2**18


@dataclass(slots=True)
class Form:
    """`body` is the JSON value, None if there is none; `files` are keyed by their index in the form."""

    body: Any = None
    files: dict[int, StoredFile] = field(default_factory=dict)

    @property
    def payload(self) -> Json:
        """The body as an object. Raises 50035 for anything else."""
        if not isinstance(self.body, dict):
            raise ApiError(Problem.INVALID_FORM_BODY, extra={"errors": {"_errors": [_NOT_AN_OBJECT]}})
        return self.body

    def inner(self, name: str) -> Form:
        """The form whose JSON is the object `name` of this one, with the same files."""
        return replace(self, body=self.payload.get(name) or {})


async def read_form(request: web.Request, store: FileStore) -> Form:
    """Read the whole request; files go to disk. Raises 50109 for invalid JSON."""
    if not request.body_exists:
        return Form()
    if request.content_type.startswith("multipart/"):
        return await _read_multipart(await request.multipart(), store)
    return Form(_parse(await request.read()))


_NOT_AN_OBJECT = {"code": "MODEL_TYPE_CONVERT", "message": "Only dictionaries may be used in a ModelType"}


async def _read_multipart(parts: MultipartReader, store: FileStore) -> Form:
    form = Form()
    async for part in parts:
        if not isinstance(part, BodyPartReader):
            continue
        index = _FILE_FIELD.fullmatch(part.name or "")
        if index is not None:
            form.files[int(index[1])] = await store.receive(part.filename or "unknown", _chunks(part))
        elif part.name == "payload_json":
            form.body = _parse(await part.read())
    return form


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk


def _parse(raw: bytes | bytearray) -> Any:  # noqa: ANN401 - any JSON value may stand here
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        raise ApiError(Problem.INVALID_JSON) from None
