"""Logging in to Discord, patiently: the network may come up after the machine, and Discord may be down for a while."""

from __future__ import annotations

import logging
from datetime import timedelta

import discord

from bot.clock import Clock
from bot.errors import DiscordLoginFailed
from cogs.client.patience import is_unauthorized, patiently

_log = logging.getLogger(__name__)

LOGIN_REFUSED = (
    "Discord does not accept DISCORD_TOKEN. Copy it again from https://discord.com/developers/applications "
    "(your application → Bot → Reset Token)."
)


async def log_in(client: discord.Client, token: str, clock: Clock) -> None:
    """Return once Discord has accepted the token, however long it cannot be reached.

    Raises `DiscordLoginFailed` when Discord itself refuses; proxies in front of it may answer 403 or 404 for a while.
    """
    try:
        await patiently(lambda: _log_in_once(client, token), clock, say=_say_later)
    except discord.HTTPException as refused:
        raise refusal(refused) from None
    _log.info("Logged in", extra={"action": "login", "bot": client.user.id if client.user else None})


def refusal(error: discord.HTTPException) -> DiscordLoginFailed:
    """What the operator reads when Discord refuses the token, or the application behind it."""
    if is_unauthorized(error):
        return DiscordLoginFailed(LOGIN_REFUSED)
    return DiscordLoginFailed(f"Discord refused the login with HTTP {error.status}: {error.text}")


async def _log_in_once(client: discord.Client, token: str) -> None:
    try:
        await client.login(token)
    except discord.LoginFailure as error:  # any 401, also one that is not Discord's own
        await _forget_session(client)
        answer = error.__cause__
        raise (answer if isinstance(answer, discord.HTTPException) else error) from None
    except BaseException:
        await _forget_session(client)
        raise


async def _forget_session(client: discord.Client) -> None:
    await client.http.close()
    client.http.connector = discord.utils.MISSING  # closed together with its session; the next login makes another


def _say_later(failure: str, pause: timedelta) -> None:
    facts = {"action": "login_later", "error": failure, "seconds": pause.total_seconds()}
    _log.warning("Discord cannot be reached, trying again", extra=facts)
