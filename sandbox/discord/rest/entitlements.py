"""Listing and consuming purchases.

https://docs.discord.com/developers/resources/entitlement#list-entitlements
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from itertools import islice

from aiohttp import web

from sandbox.discord.entitlements import Entitlement
from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.rest.exchange import answer, nothing, path_id, snowflake, world_of
from sandbox.discord.world import World

_LARGEST_PAGE = 100


def routes() -> list[web.RouteDef]:
    base = "/applications/{application_id}/entitlements"
    return [
        web.get(base, list_entitlements),
        web.get(f"{base}/{{entitlement_id}}", get_entitlement),
        web.post(f"{base}/{{entitlement_id}}/consume", consume_entitlement),
    ]


async def list_entitlements(request: web.Request) -> web.Response:
    """A page in ascending order: the first after `after`, or the last before `before`."""
    world, query = _own_world(request), request.query
    limit = min(int(query.get("limit", _LARGEST_PAGE)), _LARGEST_PAGE)
    found = _sorted(world)
    if "before" in query:
        end = bisect_left(found, snowflake(query["before"], "before"), key=lambda entitlement: entitlement.id)
        earlier = islice((one for one in reversed(found[:end]) if _is_wanted(one, request)), limit)
        return answer([entitlement.payload() for entitlement in reversed(list(earlier))])
    start = 0
    if "after" in query:
        start = bisect_right(found, snowflake(query["after"], "after"), key=lambda entitlement: entitlement.id)
    page = islice((one for one in islice(found, start, None) if _is_wanted(one, request)), limit)
    return answer([entitlement.payload() for entitlement in page])


async def get_entitlement(request: web.Request) -> web.Response:
    return answer(_named(request).payload())


async def consume_entitlement(request: web.Request) -> web.Response:
    """https://docs.discord.com/developers/resources/entitlement#consume-an-entitlement"""
    entitlement = _named(request)
    entitlement.consumed = True
    world_of(request).changed()
    return nothing()


def _own_world(request: web.Request) -> World:
    world = world_of(request)
    if path_id(request, "application_id") != world.application.id:
        raise ApiError(Problem.UNKNOWN_APPLICATION)
    return world


def _named(request: web.Request) -> Entitlement:
    found = _own_world(request).entitlements.get(path_id(request, "entitlement_id"))
    if found is None:
        raise ApiError(Problem.UNKNOWN_ENTITLEMENT)
    return found


def _sorted(world: World) -> list[Entitlement]:
    return [world.entitlements[key] for key in sorted(world.entitlements)]


def _is_wanted(entitlement: Entitlement, request: web.Request) -> bool:
    query = request.query
    sku_ids = [snowflake(part, "sku_ids") for part in query.get("sku_ids", "").split(",") if part]
    checks: dict[str, Callable[[], bool]] = {
        "user_id": lambda: entitlement.user.id == snowflake(query["user_id"], "user_id"),
        "guild_id": lambda: entitlement.guild_id == snowflake(query["guild_id"], "guild_id"),
        "exclude_deleted": lambda: query["exclude_deleted"] not in {"true", "True", "1"} or not entitlement.deleted,
    }
    matches = all(check() for name, check in checks.items() if name in query)
    return matches and (not sku_ids or entitlement.sku_id in sku_ids)
