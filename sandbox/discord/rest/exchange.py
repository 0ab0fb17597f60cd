"""What handlers share: the world, the request's form, ids in its path, answers in JSON."""

from __future__ import annotations

import json

from aiohttp import web

from sandbox.discord.errors import malformed
from sandbox.discord.form import Form
from sandbox.discord.wire import Json
from sandbox.discord.world import World

API_ROOT = "/api/v10"

WORLD = web.AppKey("world", World)
FORM = web.RequestKey("form", Form)


def world_of(request: web.Request) -> World:
    return request.app[WORLD]


def form_of(request: web.Request) -> Form:
    """The body, which is read before any handler runs."""
    return request[FORM]


def path_id(request: web.Request, name: str) -> int:
    return snowflake(request.match_info[name], name)


def snowflake(text: str, name: str) -> int:
    """Raises 50035 for anything but digits."""
    if not text.isdigit():
        raise malformed((name,), "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
    return int(text)


def answer(body: Json | list[Json], *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=json.dumps(body).encode(), content_type="application/json")


def nothing() -> web.Response:
    return web.Response(status=204)
