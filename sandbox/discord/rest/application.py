"""What the bot asks about itself: its account, its application, the gateway's address."""

from __future__ import annotations

from aiohttp import web

from sandbox.discord.gateway.hub import Gateway
from sandbox.discord.rest.exchange import answer, world_of
from sandbox.discord.wire import Json
from sandbox.discord.world import World

GATEWAY = web.AppKey("gateway", Gateway)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/gateway", get_gateway),
        web.get("/gateway/bot", get_gateway_bot),
        web.get("/users/@me", get_current_user),
        web.get("/applications/@me", get_application),
        web.get("/oauth2/applications/@me", get_application),
    ]


async def get_gateway(request: web.Request) -> web.Response:
    return answer({"url": request.app[GATEWAY].url})


async def get_gateway_bot(request: web.Request) -> web.Response:
    """https://docs.discord.com/developers/events/gateway#get-gateway-bot"""
    gateway = request.app[GATEWAY]
    limit = gateway.starts.payload()
    return answer({"url": gateway.url, "shards": gateway.shards, "session_start_limit": limit})


async def get_current_user(request: web.Request) -> web.Response:
    return answer(world_of(request).application.bot.own_payload())


async def get_application(request: web.Request) -> web.Response:
    """https://docs.discord.com/developers/resources/application#application-object"""
    return answer(_application_payload(world_of(request)))


def _application_payload(world: World) -> Json:
    application = world.application
    return {
        "id": str(application.id),
        "name": application.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": application.bot.payload(),
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "max_participants": None,
        "tags": [],
        "redirect_uris": [],
        "rpc_origins": [],
        "integration_types_config": {"0": {}},
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": application.owner.payload(),
        "approximate_guild_count": sum(guild.bot is not None for guild in world.guilds.values()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "eligible_oauth2_scopes": [],
        "explicit_content_filter": 0,
        "team": None,
    }
