"""What a start says once the bot is connected: the facts that an operator looks for first, in one line of the log."""

from __future__ import annotations

import logging

import discord

from bot import __version__
from bot.domain.guild_names import named
from bot.settings import Settings
from cogs.client.invitation import invitation
from storage.stores import place_of

_log = logging.getLogger(__name__)


async def say_started(client: discord.Client, settings: Settings, health_address: str) -> None:
    """Wait until Discord has named the servers, then log it once."""
    await client.wait_until_ready()
    user, application = client.user, client.application_id
    facts = {
        "version": __version__,
        "bot": None if user is None else named(user.id, user.name),
        "servers": len(client.guilds),
        "invite": None if application is None else invitation(application),
        "database": place_of(settings.database_url),
        "metrics": f"http://{health_address}/metrics",
    }
    _log.info("The bot is ready", extra={"action": "started", **facts})
