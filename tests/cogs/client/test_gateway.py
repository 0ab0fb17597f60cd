"""Finding the gateway: what Discord's answer means, and when a session may not be started yet."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from cogs.client.gateway import GatewayDoor, read_gateway
from tests.clocks import MovableClock

LIMIT = {"total": 1000, "remaining": 999, "reset_after": 14_400_000, "max_concurrency": 1}
ANSWER = {"url": "wss://gateway.discord.gg", "shards": 2, "session_start_limit": LIMIT}


class Discord:
    """Gives these answers one after the other, the last of them for ever; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self) -> Any:
        answer = self._answers[min(self.asked, len(self._answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def limited(**facts: object) -> dict[str, object]:
    return ANSWER | {"session_start_limit": LIMIT | facts}


def test_an_answer_is_read() -> None:
    gateway = read_gateway(ANSWER)

    assert str(gateway.url) == "wss://gateway.discord.gg"
    assert (gateway.shards, gateway.remaining, gateway.reset_after) == (2, 999, timedelta(hours=4))


@pytest.mark.parametrize("shards", [0, -1, None, "2", True, 10**9, 1.5])
def test_no_number_of_shards_is_believed_that_is_not_one(shards: object) -> None:
    with pytest.raises(ValueError, match="shards"):
        read_gateway(ANSWER | {"shards": shards})


@pytest.mark.parametrize("url", ["", "https://discord.com", "gateway"])
def test_no_address_is_believed_that_is_not_a_websocket(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        read_gateway(ANSWER | {"url": url})


@pytest.mark.parametrize("limit", [None, [], "no", {}, {"remaining": None, "reset_after": "soon"}])
async def test_a_limit_that_makes_no_sense_holds_nothing_up(limit: object) -> None:
    door = GatewayDoor(Discord(ANSWER | {"session_start_limit": limit}), MovableClock())

    gateway = await asyncio.wait_for(door.find(), timeout=5)
    await asyncio.wait_for(door.take_start(), timeout=5)

    assert gateway.remaining is None


@pytest.mark.parametrize("concurrency", [0, -3, None, "many", 10**12])
async def test_the_concurrency_is_never_relied_on(concurrency: object) -> None:
    """Shards identify one after the other, as for the smallest number that Discord gives."""
    door = GatewayDoor(Discord(limited(max_concurrency=concurrency)), MovableClock())

    assert (await asyncio.wait_for(door.find(), timeout=5)).shards == 2


async def test_with_no_session_left_it_waits_until_the_reset_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    clock, discord = MovableClock(), Discord(limited(remaining=0, reset_after=25 * 60_000), ANSWER)
    finding = asyncio.create_task(GatewayDoor(discord, clock).find())

    pause = await clock.next_sleeper()
    (said,) = [record for record in caplog.records if vars(record).get("action") == "sessions_used_up"]
    clock.move(pause)
    await finding

    assert pause == timedelta(minutes=25)
    assert said.levelno == logging.WARNING
    assert vars(said)["reset_at"] == "2026-03-11 10:25 UTC"
    assert discord.asked == 2


@pytest.mark.parametrize(
    ("reset_after", "seconds"),
    [(-5, 30), (0, 30), (None, 3600), ("x", 3600), (10**18, 3600), (86_400_000, 3600), (90_000, 90)],
)
async def test_an_odd_reset_is_no_endless_wait_and_no_storm(reset_after: object, seconds: int) -> None:
    clock = MovableClock()
    discord = Discord(limited(remaining=0, reset_after=reset_after), limited(remaining=-1, reset_after=1), ANSWER)
    finding = asyncio.create_task(GatewayDoor(discord, clock).find())

    first = await clock.next_sleeper()
    clock.move(first)
    await asyncio.sleep(0)
    second = await clock.next_sleeper()
    clock.move(second)
    await finding

    assert first == timedelta(seconds=seconds)
    assert second == timedelta(seconds=30)


async def test_a_gateway_that_is_not_told_is_asked_for_again_ever_more_slowly() -> None:
    clock = MovableClock()
    discord = Discord(aiohttp.ClientError(), ConnectionResetError(), "<html>", None, {"url": None}, ANSWER)
    finding = asyncio.create_task(GatewayDoor(discord, clock).find())

    pauses = []
    for _ in range(5):
        pauses.append((await clock.next_sleeper()).total_seconds())
        clock.move(timedelta(seconds=pauses[-1]))
        await asyncio.sleep(0)
    gateway = await finding

    assert pauses == [2, 4, 8, 16, 32]
    assert gateway.shards == 2


async def test_a_later_session_waits_too_once_the_last_one_is_used() -> None:
    clock = MovableClock()
    discord = Discord(limited(remaining=2), limited(remaining=0, reset_after=60_000), limited(remaining=7))
    door = GatewayDoor(discord, clock)
    await door.find()
    await door.take_start()
    await door.take_start()
    assert discord.asked == 1

    third = asyncio.create_task(door.take_start())
    pause = await clock.next_sleeper()
    assert not third.done()
    clock.move(pause)
    await third

    assert pause == timedelta(minutes=1)
    assert discord.asked == 3
