"""The audit trail in Discord: messages in a server's log channel that ping nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import discord

from bot.domain.audit import AuditEntry
from bot.domain.identifiers import ChannelId
from cogs.audit.text import action_text
from cogs.interactions.discord_errors import calling_discord
from cogs.wording import limits

SEND_WITHIN: Final = timedelta(seconds=30)


class DiscordLogChannels:
    """Fits `bot.services.audit.LogChannels`. The nonce makes Discord drop what is sent twice within minutes."""

    def __init__(self, *, client: discord.Client) -> None:
        self._client = client

    async def tell(self, channel_id: ChannelId, entry: AuditEntry) -> None:
        async with calling_discord(SEND_WITHIN):
            await self._client.get_partial_messageable(channel_id).send(
                action_text(entry)[: limits.MESSAGE_CONTENT],
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
                nonce=f"audit{entry.id}",
            )
