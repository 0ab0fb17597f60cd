"""The link that adds the bot to a server, with the fewest permissions that it needs."""

from __future__ import annotations

from typing import Final

import discord

PERMISSIONS: Final = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
    read_message_history=True,
)
"""What posting a video needs, plus reading the history, to find an answer again after a crash."""


def invitation(application_id: int) -> str:
    return discord.utils.oauth_url(application_id, permissions=PERMISSIONS, scopes=("bot", "applications.commands"))
