"""Holds requests against Discord's official OpenAPI description: paths, queries and JSON bodies.

The description is a file of more than a megabyte that the project does not carry. `DISCORD_OPENAPI` names it; without
that it is looked for beside the checkout. Where it is absent, `load_description` says so and returns None.

https://github.com/discord/discord-api-spec
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]

_BESIDE_THE_PROJECT = Path(__file__).parents[2] / "../shared/discord-openapi.json"
_DOCUMENT = "urn:discord"


class Request(Protocol):
    """What is known of a request; `body` of a multipart form is its `payload_json`."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


class Answered(Request, Protocol):
    """A request and what it was answered, as JSON text."""

    status: int | None
    answer: str | None


def load_description() -> Description | None:
    """The description, read once in a process; None, with a line on standard error, where there is none."""
    path = Path(os.environ.get("DISCORD_OPENAPI") or _BESIDE_THE_PROJECT).resolve()
    if path.is_file():
        return _read(path)
    sys.stderr.write(f"Discord's OpenAPI description is not at {path}: set DISCORD_OPENAPI; nothing was checked\n")
    return None


def check_requests(requests: Iterable[Request]) -> list[str] | None:
    """A readable line for each thing wrong with any of the requests; None where the description is absent."""
    description = load_description()
    if description is None:
        return None
    return [problem for request in requests for problem in description.problems_of(request)]


class Description:
    """The operations of an OpenAPI 3.1 document, whose schemas are JSON Schema 2020-12 as they stand."""

    def __init__(self, document: Json) -> None:
        self._document = _tolerant(document)
        resource = Resource.from_contents(self._document, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(_DOCUMENT, resource)
        # A literal segment wins over a parameter: /users/@me is not /users/{user_id}.
        templates = sorted(document["paths"], key=lambda template: (template.count("{"), template))
        self._routes = [(template, _pattern(template)) for template in templates]
        self._operations: dict[tuple[str, str], _Operation | None] = {}

    def route_of(self, path: str) -> str | None:
        """The template that a concrete path belongs to."""
        return next((template for template, pattern in self._routes if pattern.fullmatch(path)), None)

    def problems_of(self, request: Request) -> list[str]:
        """What is wrong with a request, one readable line each."""
        operation = self._operation_for(request)
        if operation is None:
            return [f"{request.method} {request.path}: Discord has no such operation"]
        found = [*operation.problems_of_query(request.query), *operation.problems_of_body(request.body)]
        return [f"{request.method} {request.path}: {problem}" for problem in found]

    def problems_of_answer(self, request: Answered) -> list[str]:
        """What is wrong with an answer, for those who play Discord."""
        operation = self._operation_for(request)
        if operation is None or request.status is None:
            return []
        found = operation.problems_of_answer(request.status, request.answer)
        return [f"{request.method} {request.path} answered {request.status}: {problem}" for problem in found]

    def _operation_for(self, request: Request) -> _Operation | None:
        template, method = self.route_of(request.path), request.method.lower()
        if template is None:
            return None
        if (template, method) not in self._operations:
            self._operations[template, method] = self._operation(template, method)
        return self._operations[template, method]

    def _operation(self, template: str, method: str) -> _Operation | None:
        shared = self._document["paths"][template]
        described = shared.get(method)
        if described is None:
            return None
        parameters = [*shared.get("parameters", ()), *described.get("parameters", ())]
        body = described.get("requestBody")
        return _Operation(
            query={p["name"]: p["schema"] for p in parameters if p["in"] == "query"},
            checks={p["name"]: self._validator(p["schema"]) for p in parameters if p["in"] == "query"},
            body=None if body is None else self._validator(body["content"]["application/json"]["schema"]),
            body_required=bool(body and body.get("required")),
            answers={status: self._answer_validator(answer) for status, answer in described["responses"].items()},
        )

    def _answer_validator(self, answer: Json) -> Draft202012Validator | None:
        if "$ref" in answer:
            answer = self._document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        content = answer.get("content", {}).get("application/json")
        return None if content is None else self._validator(content["schema"])

    def _validator(self, schema: Json) -> Draft202012Validator:
        """The schema with its references made absolute, so that it resolves wherever it stands."""
        return Draft202012Validator(_absolute(schema), registry=self._registry)


@dataclass(frozen=True, slots=True)
class _Operation:
    query: Mapping[str, Json]
    checks: Mapping[str, Draft202012Validator]
    body: Draft202012Validator | None
    body_required: bool
    answers: Mapping[str, Draft202012Validator | None]

    def problems_of_query(self, query: Mapping[str, str]) -> list[str]:
        unknown = [f"query {name!r} is not described" for name in query if name not in self.query]
        wrong = [
            f"query {name}{line}"
            for name, text in query.items()
            if name in self.query
            for line in _problems(self.checks[name], _typed(text, self.query[name]))
        ]
        return unknown + wrong

    def problems_of_body(self, body: object) -> list[str]:
        if body is None:
            return ["a body is required"] if self.body_required else []
        if self.body is None:
            return ["no body is described"]
        return [f"body{line}" for line in _problems(self.body, body)]

    def problems_of_answer(self, status: int, answer: str | None) -> list[str]:
        described = str(status) if str(status) in self.answers else f"{status // 100}XX"
        if described not in self.answers:
            return [] if status >= 400 else ["this status is not described"]
        validator = self.answers[described]
        return (
            [] if validator is None or not answer else [f"answer{x}" for x in _problems(validator, json.loads(answer))]
        )


def _problems(validator: Draft202012Validator, value: object) -> list[str]:
    return [line for error in validator.iter_errors(value) for line in _readable(error)]


def _readable(error: ValidationError) -> list[str]:
    """An error of a union told by the branch that was meant: the one whose `type` fits."""
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [inner for inner in branches.values() if not any(_is_another_kind(one, error) for one in inner)]
    if len(meant) == 1:
        return [line for inner in meant[0] for line in _readable(inner)]
    where = "".join(f"/{step}" for step in error.absolute_path)
    message = error.message if len(error.message) < 200 else f"…{error.message[-200:]}"
    return [f"{where}: {message}"]


def _is_another_kind(inner: ValidationError, outer: ValidationError) -> bool:
    below = list(inner.absolute_path)[len(outer.absolute_path) :]
    return below == ["type"] or (not below and inner.validator == "type")


def _typed(text: str, schema: Json) -> object:
    """A query's text as the value that it stands for."""
    kind = schema.get("type")
    if kind == "boolean" and text.lower() in {"0", "1", "true", "false"}:
        return text.lower() in {"1", "true"}
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    return text


def _pattern(template: str) -> re.Pattern[str]:
    parts: Sequence[str] = re.split(r"(\{\w+\})", template)
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in parts))


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {name: f"{_DOCUMENT}{v}" if name == "$ref" else _absolute(v) for name, v in schema.items()}
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def _tolerant(document: Json) -> Json:
    """Discord reads ids from numbers too, as discord.py sends the index of a new attachment."""
    schemas = document["components"]["schemas"]
    snowflake = schemas["SnowflakeType"] | {"type": ["string", "integer"]}
    return document | {"components": document["components"] | {"schemas": schemas | {"SnowflakeType": snowflake}}}


@lru_cache(maxsize=4)
def _read(path: Path) -> Description:
    return Description(json.loads(path.read_text()))
