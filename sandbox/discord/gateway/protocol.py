"""Opcodes, close codes and intents.

https://docs.discord.com/developers/topics/opcodes-and-status-codes#gateway
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum

from sandbox.discord.events import Intents
from sandbox.discord.wire import Json


class Opcode(IntEnum):
    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE_UPDATE = 3
    VOICE_STATE_UPDATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_GUILD_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11


class CloseCode(IntEnum):
    NORMAL = 1000
    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQUENCE = 4007
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    INVALID_API_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


PRIVILEGED = Intents.GUILD_MEMBERS | Intents.GUILD_PRESENCES | Intents.MESSAGE_CONTENT
"""Intents that the application may not use."""

ALL_INTENTS = (1 << 26) - 1

HEARTBEAT_MILLISECONDS = 41_250


@dataclass(frozen=True, slots=True)
class Raw:
    """A frame that Discord should never send. `compressed` text goes through the connection's stream."""

    data: str | bytes
    compressed: bool = True


@dataclass(slots=True)
class SessionStarts:
    """How many sessions the bot may start until the limit is reset, as in `GET /gateway/bot`.

    https://docs.discord.com/developers/events/gateway#session-start-limit-object
    """

    total: int = 1000
    remaining: int = 1000
    reset_after: timedelta = timedelta(hours=4)
    max_concurrency: int = 1
    beyond: int = 0
    """Sessions started although none remained, for which Discord resets the token."""

    def take(self) -> None:
        if self.remaining > 0:
            self.remaining -= 1
        else:
            self.beyond += 1

    def payload(self) -> Json:
        return {
            "total": self.total,
            "remaining": self.remaining,
            "reset_after": self.reset_after // timedelta(milliseconds=1),
            "max_concurrency": self.max_concurrency,
        }


class CloseGateway(Exception):
    """Close this connection with `code`."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code
