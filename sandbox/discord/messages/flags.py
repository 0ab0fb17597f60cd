"""Message flags and types.

https://docs.discord.com/developers/resources/message#message-object-message-flags
"""

from __future__ import annotations

from enum import IntEnum, IntFlag


class MessageFlags(IntFlag):
    NONE = 0
    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_VOICE_MESSAGE = 1 << 13
    IS_COMPONENTS_V2 = 1 << 15


IN_CHANNELS = MessageFlags.SUPPRESS_EMBEDS | MessageFlags.SUPPRESS_NOTIFICATIONS | MessageFlags.IS_COMPONENTS_V2
"""What a bot may set on its own messages."""

IN_INTERACTIONS = IN_CHANNELS | MessageFlags.EPHEMERAL | MessageFlags.IS_VOICE_MESSAGE
"""What a bot may set on an answer to an interaction."""

IN_EDITS = MessageFlags.SUPPRESS_EMBEDS | MessageFlags.IS_COMPONENTS_V2
"""What an edit may set; only SUPPRESS_EMBEDS can be unset."""


class MessageType(IntEnum):
    DEFAULT = 0
    REPLY = 19
    CHAT_INPUT_COMMAND = 20
    CONTEXT_MENU_COMMAND = 23
