"""Surviving whatever the gateway sends: an unreadable event is skipped, a connection that sends nonsense is replaced,
and neither ends the process.

discord.py parses events where it reads them, and any error ends the client. We use the seams it has: a connection's
table of parsers, and the websocket class, which `discord.shard` looks up by name.
https://docs.discord.com/developers/events/gateway
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Final, Self

import aiohttp
import discord
import discord.shard
from discord import utils
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from bot.clock import Clock
from cogs.client.bounds import BoundedInflation
from cogs.client.said import OncePerMinute

_log = logging.getLogger(__name__)

Parser = Callable[[Any], None]

CALM: Final = timedelta(minutes=5)
"""After this long without a new connection, the next one is not delayed."""

LONGEST_PAUSE: Final = timedelta(seconds=60)
MOST_RESUMES: Final = 3
"""A session is resumed this many times in a row; then a new one starts, which does not repeat old events."""

_GREETINGS = frozenset({"READY", "RESUMED"})
"""Without these a connection is useless, so an unreadable one is not just skipped."""

_FORESEEN = (discord.ConnectionClosed, discord.HTTPException, discord.GatewayNotFound, aiohttp.ClientError, OSError)
"""What discord.py waits out itself, wherever it happens."""


class GatewayGuard:
    """Logs what was wrong, once per kind and minute, and decides how long a shard waits before it reconnects."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said = OncePerMinute(clock)
        self._renewals: dict[int | None, tuple[int, float]] = {}

    def say(self, message: str, *, action: str, kind: str, error: Exception) -> None:
        """A line without a traceback: the event is Discord's, and may contain what members wrote."""
        if times := self._said.times((action, kind, type(error))):
            facts = {"action": action, "kind": kind, "error": type(error).__name__, "times": times}
            _log.warning(message, extra=facts)

    def parsers(self, parsers: Mapping[str, Parser]) -> dict[str, Parser]:
        """The same, except that unreadable events are skipped."""
        tolerant = {kind: self._tolerant(kind, parser) for kind, parser in parsers.items() if kind not in _GREETINGS}
        return {**parsers, **tolerant}

    async def before_renewal(self, shard_id: int | None) -> int:
        """Wait before this shard reconnects: not at all after a calm time, then longer each time. Returns the count."""
        count, last = self._renewals.get(shard_id, (0, 0.0))
        now = self._clock.monotonic()
        count = count + 1 if count and now - last < CALM.total_seconds() else 1
        pause = min(timedelta(seconds=2.0 ** min(count - 2, 10)), LONGEST_PAUSE) if count > 1 else timedelta(0)
        self._renewals[shard_id] = (count, now + pause.total_seconds())
        if pause:
            await self._clock.sleep(pause)
        return count

    def _tolerant(self, kind: str, parser: Parser) -> Parser:
        def parse(data: object) -> None:
            try:
                parser(data)
            except Exception as error:  # noqa: BLE001  what Discord sends decides what goes wrong here
                self.say("An event of Discord's cannot be read", action="event_unreadable", kind=kind, error=error)

        return parse


class GuardedWebSocket(DiscordWebSocket):
    """One connection to the gateway. Raises nothing that ends the client, unless Discord closes it for good."""

    guard: ClassVar[GatewayGuard]

    @classmethod
    async def from_client(cls, client: discord.Client, **options: Any) -> Self:  # noqa: ANN401  the library's own
        try:
            return await super().from_client(client, **options)
        except _FORESEEN:
            raise
        except Exception as error:
            raise aiohttp.ClientConnectionError(f"The gateway gave no greeting ({type(error).__name__})") from error

    async def poll_event(self) -> None:
        try:
            await super().poll_event()
        except ReconnectWebSocket as signal:
            in_a_row = await self.guard.before_renewal(self.shard_id)
            signal.resume = signal.resume and in_a_row <= MOST_RESUMES
            raise

    async def received_message(self, msg: object, /) -> None:
        try:
            await super().received_message(msg)
        except (ReconnectWebSocket, *_FORESEEN):
            raise
        except Exception as error:  # noqa: BLE001  what Discord sends decides what goes wrong here
            self.guard.say("The gateway makes no sense", action="frame_unreadable", kind="frame", error=error)
            await self.close()
            raise ReconnectWebSocket(self.shard_id, resume=self.session_id is not None) from None


def guard_gateway(guard: GatewayGuard) -> None:
    """Use `GuardedWebSocket` for every shard of this process; discord.py knows the class only by its name."""

    class Socket(GuardedWebSocket):
        pass

    Socket.guard = guard
    discord.shard.DiscordWebSocket = Socket  # type: ignore[misc]  # see above
    utils._ActiveDecompressionContext = BoundedInflation  # noqa: SLF001  the same
