"""Registering application commands, globally and for a guild.

https://docs.discord.com/developers/interactions/application-commands#endpoints
"""

from __future__ import annotations

from aiohttp import web

from sandbox.discord.errors import ApiError, Problem, malformed
from sandbox.discord.rest.exchange import answer, form_of, nothing, path_id, world_of

_GLOBAL = "/applications/{application_id}/commands"
_OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def routes() -> list[web.RouteDef]:
    found: list[web.RouteDef] = []
    for base in (_GLOBAL, _OF_GUILD):
        one = f"{base}/{{command_id}}"
        found += [
            web.get(base, list_commands),
            web.put(base, replace_commands),
            web.post(base, create_command),
            web.get(one, get_command),
            web.patch(one, edit_command),
            web.delete(one, delete_command),
        ]
    return found


async def list_commands(request: web.Request) -> web.Response:
    registry, scope = world_of(request).commands, _scope(request)
    return answer([command.payload() for command in registry.all(scope)])


async def replace_commands(request: web.Request) -> web.Response:
    world, scope, body = world_of(request), _scope(request), form_of(request).body
    if not isinstance(body, list) or not all(isinstance(definition, dict) for definition in body):
        raise malformed((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    commands = world.commands.replace_all(body, scope)
    world.changed()
    return answer([command.payload() for command in commands])


async def create_command(request: web.Request) -> web.Response:
    world, scope = world_of(request), _scope(request)
    before = len(world.commands.all(scope))
    command = world.commands.put(form_of(request).payload, scope)
    world.changed()
    return answer(command.payload(), status=201 if len(world.commands.all(scope)) > before else 200)


async def get_command(request: web.Request) -> web.Response:
    command = world_of(request).commands.by_id(path_id(request, "command_id"), _scope(request))
    return answer(command.payload())


async def edit_command(request: web.Request) -> web.Response:
    world, scope = world_of(request), _scope(request)
    command = world.commands.by_id(path_id(request, "command_id"), scope)
    world.commands.remove(command)
    edited = world.commands.put(command.definition | form_of(request).payload, scope)
    world.changed()
    return answer(edited.payload())


async def delete_command(request: web.Request) -> web.Response:
    world = world_of(request)
    world.commands.remove(world.commands.by_id(path_id(request, "command_id"), _scope(request)))
    world.changed()
    return nothing()


def _scope(request: web.Request) -> int | None:
    """The guild's id, None for global commands. Raises 10002 for another application, 50001 where the bot is not."""
    world = world_of(request)
    if path_id(request, "application_id") != world.application.id:
        raise ApiError(Problem.UNKNOWN_APPLICATION)
    if "guild_id" not in request.match_info:
        return None
    return world.guild_of_bot(path_id(request, "guild_id")).id
