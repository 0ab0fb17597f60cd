"""Where the gateway is, and whether another session may be started there.

Discord limits the sessions per day, and resets the token of an application that starts more.
https://docs.discord.com/developers/events/gateway#session-start-limit-object
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from yarl import URL

from bot.clock import Clock
from cogs.client.patience import patiently

_log = logging.getLogger(__name__)

MOST_SHARDS: Final = 10_000
LONGEST_WAIT: Final = timedelta(hours=1)
"""Before asking again whether sessions may be started, whatever reset time Discord names."""

SHORTEST_WAIT: Final = timedelta(seconds=30)
WINDOW: Final = timedelta(days=1)
"""Discord resets the limit once a day."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """What `GET /gateway/bot` answers; `remaining` sessions may be started until `reset_after` from then.

    Either is None when the answer has no usable value.
    """

    url: URL
    shards: int
    remaining: int | None
    reset_after: timedelta | None


def read_gateway(answer: Mapping[str, Any]) -> Gateway:
    """Raises ValueError, TypeError or LookupError when the address or the number of shards cannot be used."""
    url, shards = URL(answer["url"]), answer["shards"]
    if url.scheme not in {"ws", "wss"} or not url.host:
        raise ValueError("The gateway's address is not usable")
    if type(shards) is not int or not 1 <= shards <= MOST_SHARDS:
        raise ValueError("The number of shards is not usable")
    limit = answer.get("session_start_limit")
    facts: dict[str, Any] = limit if isinstance(limit, dict) else {}
    remaining, reset = facts.get("remaining"), facts.get("reset_after")
    return Gateway(
        url=url,
        shards=shards,
        remaining=max(remaining, 0) if type(remaining) is int else None,
        reset_after=_milliseconds(reset) if type(reset) is int else None,
    )


class GatewayDoor:
    """Finds the gateway through `ask`, and lets sessions start only while Discord allows it."""

    def __init__(self, ask: Callable[[], Awaitable[Mapping[str, Any]]], clock: Clock) -> None:
        self._ask = ask
        self._clock = clock
        self._left: int | None = None

    async def find(self) -> Gateway:
        """The gateway, once Discord answers and a session may be started.

        Raises `discord.HTTPException` when Discord refuses.
        """
        while True:
            gateway = await patiently(self._ask_once, self._clock, say=_say_later)
            self._left = gateway.remaining
            if gateway.remaining != 0:
                return gateway
            await self._wait_for_reset(gateway)

    async def take_start(self) -> None:
        """Count a session that is about to start; wait when none is left. Raises like `find`."""
        if self._left is not None and self._left <= 0:
            await self.find()
        if self._left is not None:
            self._left -= 1

    async def _ask_once(self) -> Gateway:
        return read_gateway(await self._ask())

    async def _wait_for_reset(self, gateway: Gateway) -> None:
        reset = gateway.reset_after
        wait = min(max(LONGEST_WAIT if reset is None else reset, SHORTEST_WAIT), LONGEST_WAIT)
        reset_at = "unknown" if reset is None else f"{self._clock.now() + reset:%Y-%m-%d %H:%M} UTC"
        facts = {"action": "sessions_used_up", "reset_at": reset_at, "asked_again_in": str(wait)}
        _log.warning("Discord allows no more sessions today; the bot connects after the limit resets", extra=facts)
        await self._clock.sleep(wait)


def _milliseconds(value: int) -> timedelta:
    """At least zero, at most a day."""
    return timedelta(milliseconds=min(max(value, 0), WINDOW // timedelta(milliseconds=1)))


def _say_later(failure: str, pause: timedelta) -> None:
    facts = {"action": "gateway_later", "error": failure, "seconds": pause.total_seconds()}
    _log.warning("Discord does not say where its gateway is, trying again", extra=facts)
