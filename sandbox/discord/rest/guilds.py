"""Guilds, members, users and direct channels.

https://docs.discord.com/developers/resources/guild
https://docs.discord.com/developers/resources/user
"""

from __future__ import annotations

from aiohttp import web

from sandbox.discord.channels import Thread, direct_channel
from sandbox.discord.errors import ApiError, Problem
from sandbox.discord.rest.exchange import answer, form_of, path_id, world_of


def routes() -> list[web.RouteDef]:
    return [
        web.get("/guilds/{guild_id}", get_guild),
        web.get("/guilds/{guild_id}/channels", list_channels),
        web.get("/guilds/{guild_id}/members/{user_id}", get_member),
        web.get("/users/{user_id}", get_user),
        web.post("/users/@me/channels", open_direct_channel),
    ]


async def get_guild(request: web.Request) -> web.Response:
    return answer(world_of(request).guild_of_bot(path_id(request, "guild_id")).payload())


async def list_channels(request: web.Request) -> web.Response:
    guild = world_of(request).guild_of_bot(path_id(request, "guild_id"))
    return answer([channel.payload() for channel in guild.channels.values() if not isinstance(channel, Thread)])


async def get_member(request: web.Request) -> web.Response:
    guild = world_of(request).guild_of_bot(path_id(request, "guild_id"))
    member = guild.members.get(path_id(request, "user_id"))
    if member is None:
        raise ApiError(Problem.UNKNOWN_MEMBER)
    return answer(member.payload())


async def get_user(request: web.Request) -> web.Response:
    user = world_of(request).users.get(path_id(request, "user_id"))
    if user is None:
        raise ApiError(Problem.UNKNOWN_USER)
    return answer(user.payload())


async def open_direct_channel(request: web.Request) -> web.Response:
    """Always succeeds; whether the user accepts messages shows when one is sent."""
    world = world_of(request)
    recipient = world.users.get(int(form_of(request).payload.get("recipient_id") or 0))
    if recipient is None or recipient.bot:
        raise ApiError(Problem.INVALID_RECIPIENTS)
    return answer(direct_channel(world, recipient).payload())
