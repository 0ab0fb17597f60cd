"""A session: which shard it is for, what it was sent, and what it missed while disconnected."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Protocol

from sandbox.discord.events import Event, Intents
from sandbox.discord.gateway.protocol import Opcode
from sandbox.discord.snowflakes import shard_of
from sandbox.discord.wire import Json

_REMEMBERED = 1000


class Pipe(Protocol):
    """Where a connected session's messages go."""

    def push(self, message: Json) -> None: ...


@dataclass(slots=True, eq=False)
class Session:
    """Outlives its connection, so that the bot can resume it."""

    id: str
    shard_id: int
    shard_count: int
    intents: Intents
    pipe: Pipe | None = None
    sequence: int = 0
    sent: deque[Json] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @property
    def connected(self) -> bool:
        return self.pipe is not None

    def wants(self, event: Event) -> bool:
        """Direct messages and everything else without a guild go to shard 0."""
        shard = 0 if event.guild_id is None else shard_of(event.guild_id, self.shard_count)
        return shard == self.shard_id and event.needs in self.intents

    def dispatch(self, name: str, payload: object) -> None:
        self.sequence += 1
        message: Json = {"op": int(Opcode.DISPATCH), "t": name, "s": self.sequence, "d": payload}
        self.sent.append(message)
        if self.pipe is not None:
            self.pipe.push(message)

    def can_replay_from(self, sequence: int) -> bool:
        oldest = self.sent[0]["s"] if self.sent else self.sequence + 1
        return oldest - 1 <= sequence <= self.sequence

    def replay_from(self, sequence: int) -> None:
        """Resend what came after `sequence`."""
        if self.pipe is not None:
            for message in list(self.sent):
                if message["s"] > sequence:
                    self.pipe.push(message)
