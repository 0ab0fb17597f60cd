"""The checker finds what Discord's description forbids, and names it so that a reader can mend it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.openapi import Description, check_requests, load_description

MESSAGES = "/channels/41/messages"


@dataclass
class Sent:
    method: str
    path: str
    body: Any = None
    query: dict[str, str] = field(default_factory=dict)


def small_description() -> Description:
    """An API of two kinds of component, in the manner of Discord's."""
    text = {"type": "object", "properties": {"type": {"enum": [10]}, "content": {"type": "string", "maxLength": 5}}}
    row = {"type": "object", "properties": {"type": {"enum": [1]}, "components": {"type": "array", "maxItems": 1}}}
    schemas = {
        "SnowflakeType": {"type": "string", "pattern": "^[0-9]+$"},
        "Text": text | {"required": ["type", "content"]},
        "Row": row | {"required": ["type", "components"]},
        "Message": {
            "type": "object",
            "properties": {
                "id": {"$ref": "#/components/schemas/SnowflakeType"},
                "content": {"type": ["string", "null"]},
                "components": {
                    "type": "array",
                    "items": {"oneOf": [{"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/Row"}]},
                },
            },
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Message"}}}}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}
    wait = {"name": "wait", "in": "query", "schema": {"type": "boolean"}}
    paths = {
        "/users/{user_id}": {"get": {"responses": {}}},
        "/users/@me": {"get": {"responses": {}}, "patch": {"requestBody": body, "responses": {}}},
        "/channels/{channel_id}/messages": {
            "get": {"parameters": [limit], "responses": {}},
            "post": {"parameters": [wait], "requestBody": body, "responses": {}},
        },
    }
    return Description({"paths": paths, "components": {"schemas": schemas}})


def test_checker_accepts_what_is_described() -> None:
    sent = Sent("POST", MESSAGES, {"content": None, "components": [{"type": 10, "content": "hello"}]}, {"wait": "1"})
    assert small_description().problems_of(sent) == []


def test_checker_names_the_place_inside_the_component_that_was_meant() -> None:
    sent = Sent("POST", MESSAGES, {"components": [{"type": 10, "content": "too long"}]})
    assert small_description().problems_of(sent) == [
        "POST /channels/41/messages: body/components/0/content: 'too long' is too long"
    ]


@pytest.mark.parametrize(
    ("sent", "problem"),
    [
        (Sent("POST", "/nowhere"), "Discord has no such operation"),
        (Sent("DELETE", MESSAGES), "Discord has no such operation"),
        (Sent("POST", MESSAGES), "a body is required"),
        (Sent("GET", MESSAGES, {"content": "x"}), "no body is described"),
        (Sent("GET", MESSAGES, None, {"limit": "500"}), "query limit: 500 is greater than the maximum of 100"),
        (Sent("GET", MESSAGES, None, {"offset": "1"}), "query 'offset' is not described"),
        (Sent("POST", MESSAGES, {"content": 3}), "body/content: 3 is not of type 'string', 'null'"),
        (Sent("POST", MESSAGES, {"id": "seven"}), "body/id: 'seven' does not match '^[0-9]+$'"),
    ],
)
def test_checker_reports(sent: Sent, problem: str) -> None:
    assert small_description().problems_of(sent) == [f"{sent.method} {sent.path}: {problem}"]


def test_checker_prefers_literal_segments_to_parameters() -> None:
    description = small_description()
    assert description.route_of("/users/@me") == "/users/@me"
    assert description.route_of("/users/12") == "/users/{user_id}"


def test_checker_takes_ids_as_numbers_too() -> None:
    assert small_description().problems_of(Sent("POST", MESSAGES, {"id": 0})) == []


def test_checker_says_where_it_looked_for_an_absent_description(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_OPENAPI", str(tmp_path / "openapi.json"))
    assert load_description() is None
    assert check_requests([Sent("GET", "/users/@me")]) is None
    assert "openapi.json: set DISCORD_OPENAPI; nothing was checked" in capsys.readouterr().err


def test_checker_reads_the_file_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    document = {"paths": {"/gateway": {"get": {"responses": {}}}}, "components": {"schemas": {"SnowflakeType": {}}}}
    (tmp_path / "small.json").write_text(json.dumps(document))
    monkeypatch.setenv("DISCORD_OPENAPI", str(tmp_path / "small.json"))
    assert check_requests([Sent("GET", "/gateway"), Sent("GET", "/elsewhere")]) == [
        "GET /elsewhere: Discord has no such operation"
    ]
