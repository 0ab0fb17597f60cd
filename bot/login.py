"""Logging in to Discord, patiently: a machine may be up before its network is, and Discord may be down for a while."""

from __future__ import annotations

import logging
from datetime import timedelta

import aiohttp
import discord

from bot.clock import Clock
from bot.errors import DiscordLoginFailed

_log = logging.getLogger(__name__)

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=1)

LOGIN_REFUSED = (
    "Discord does not accept DISCORD_TOKEN. Copy it anew from https://discord.com/developers/applications "
    "(your application → Bot → Reset Token)."
)


async def log_in(client: discord.Client, token: str, clock: Clock) -> None:
    """Return once Discord has accepted the token and been told the commands, however long it cannot be reached.

    Raises `DiscordLoginFailed` when Discord refuses the token.
    """
    pause = FIRST_PAUSE
    while not await _try(client, token):
        await clock.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    _log.info("Logged in", extra={"action": "login", "bot": client.user.id if client.user else None})


async def _try(client: discord.Client, token: str) -> bool:
    try:
        await client.login(token)
    except discord.LoginFailure:
        raise DiscordLoginFailed(LOGIN_REFUSED) from None
    except discord.RateLimited:
        failure = "rate limit"
    except discord.HTTPException as error:
        if error.status < 500 and error.status != 429:
            raise DiscordLoginFailed(f"Discord refuses the login with HTTP {error.status}: {error.text}") from None
        failure = f"HTTP {error.status}"
    except (aiohttp.ClientError, OSError) as error:
        failure = type(error).__name__
    else:
        return True
    _log.warning("Discord cannot be reached, trying again", extra={"action": "login_later", "error": failure})
    await client.http.close()
    client.http.connector = discord.utils.MISSING  # closed together with its session; the next login makes another
    return False
