"""Alerts for the operator, in a Discord channel of their choice."""

from __future__ import annotations

import asyncio
import logging
import secrets
from datetime import timedelta
from typing import Final

import discord

from bot.clock import Clock
from bot.domain.alert import Alert
from bot.domain.identifiers import ChannelId
from bot.errors import DiscordError, DiscordUnavailable
from cogs.interactions.discord_errors import calling_discord

SEND_WITHIN: Final = timedelta(seconds=30)
TRY_AGAIN_AFTER: Final = timedelta(minutes=1)
MOST_WAITING: Final = 100

_log = logging.getLogger(__name__)


class ChannelAlerts:
    """Fits `bot.services.alerts.AlertTarget`: `show` queues, and `run` sends, in order, once the bot is logged in.

    The log has every alert, so one that does not fit into the queue or the channel is only missing here.
    """

    def __init__(self, *, channel_id: ChannelId, clock: Clock) -> None:
        self._channel_id = channel_id
        self._clock = clock
        self._waiting: asyncio.Queue[Alert] = asyncio.Queue(MOST_WAITING)

    def show(self, alert: Alert) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(alert)

    async def run(self, client: discord.Client) -> None:
        while True:
            await self._deliver(client, await self._waiting.get())

    async def _deliver(self, client: discord.Client, alert: Alert) -> None:
        mark = secrets.token_hex(8)
        while True:
            try:
                await self._send(client, alert, mark)
            except DiscordUnavailable:
                await self._clock.sleep(TRY_AGAIN_AFTER)
            except DiscordError as error:
                facts = {"action": "alert_not_shown", "alert": alert.kind, "error": type(error).__name__}
                _log.warning("An alert could not be shown in ALERT_CHANNEL_ID", extra=facts)
                return
            else:
                return

    async def _send(self, client: discord.Client, alert: Alert, mark: str) -> None:
        """The nonce `mark` makes Discord drop what is sent twice within minutes."""
        async with calling_discord(SEND_WITHIN):
            await client.get_partial_messageable(self._channel_id).send(
                f"**The bot needs you.** {alert.sentence}",
                allowed_mentions=discord.AllowedMentions.none(),
                nonce=mark,
            )
