"""Small things, said the same way everywhere: credits, durations, times, people and places in Discord's notation.

https://docs.discord.com/developers/reference#message-formatting
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bot.domain.catalogue import Size
from bot.domain.identifiers import ChannelId, GuildId, MessageId, UserId

LINK_LIVES_FOR: Final = timedelta(days=7)
"""How long PowerPost's signed links work: https://powerpost.ai/docs/api/generate-videos"""


def credits_in_words(amount: int) -> str:
    """For example "1 credit" or "1,250 credits"."""
    return f"{amount:,} credit" if amount == 1 else f"{amount:,} credits"


def seconds_in_words(duration: int) -> str:
    return f"{duration} second" if duration == 1 else f"{duration} seconds"


def size_in_words(size: Size) -> str:
    """For example "landscape (16:9)"."""
    return f"{size.value} ({size.ratio})"


def sound_in_words(audio: bool) -> str:
    return "with sound" if audio else "silent"


def relative(at: datetime) -> str:
    """A moment that each reader sees as "in 2 minutes" or "3 days ago", kept current by Discord."""
    return f"<t:{int(at.timestamp())}:R>"


def mention(user_id: UserId) -> str:
    """A name to click on; whether it pings is decided by the message's allowed mentions."""
    return f"<@{user_id}>"


def message_link(guild_id: GuildId | None, channel_id: ChannelId, message_id: MessageId) -> str:
    """The address of a message; `guild_id` is None for a direct one."""
    return f"https://discord.com/channels/{'@me' if guild_id is None else guild_id}/{channel_id}/{message_id}"


def video_link(url: str, signed_at: datetime) -> str:
    """A link to the video itself, and when it expires; `signed_at` is when PowerPost gave it."""
    target = url.replace(")", "%29")
    return f"[link]({target}) (expires {relative(signed_at + LINK_LIVES_FOR)})"
