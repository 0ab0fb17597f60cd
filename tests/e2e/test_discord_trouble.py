"""Discord in a bad hour, met by the real process: nothing of it ends the bot, and every job goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cogs.client.bounds import LARGEST_ANSWER
from sandbox.discord import EdgeAnswer
from tests.e2e.product import Product, open_product

COMMANDS = ("PUT", "/applications/{application_id}/commands")
GATEWAY = ("GET", "/gateway/bot")
EDIT = ("PATCH", "/channels/{channel_id}/messages/{message_id}")


@pytest.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Product]:
    """PowerPost takes a while for each video."""
    async with open_product(tmp_path, generation_time=timedelta(seconds=3)) as product:
        await product.start_bot()
        yield product


async def logged(product: Product, words: str) -> str:
    """The first line of the log with these words."""
    async with asyncio.timeout(20):
        while True:
            found = [line for line in product.log.splitlines() if words in line]
            if found:
                return found[0]
            await asyncio.sleep(0.05)


async def serves(product: Product) -> None:
    answer = await product.video()
    assert answer.message is not None
    await product.finished(answer.message)


@pytest.mark.parametrize(
    ("code", "advice"), [(30034, "200 new commands per day"), (50240, "switch Activities off"), (50035, "Ask for help")]
)
async def test_refused_commands_leave_those_that_discord_has(product: Product, code: int, advice: str) -> None:
    await product.start_bot()
    assert await product.stop_bot() == 0
    product.settings["DATABASE_URL"] = f"sqlite+aiosqlite:///{product.folder}/new.db"
    product.settings["DATA_DIR"] = str(product.folder / "new-data")
    product.discord.faults.answer(*COMMANDS, status=400, code=code, message="No.", times=None)

    await product.start_bot()

    line = await logged(product, "commands_refused")
    assert " ERROR " in line
    assert advice in line
    assert str(code) in line
    await serves(product)


async def test_the_gateway_is_asked_for_until_it_is_told(product: Product) -> None:
    faults = product.discord.faults
    faults.answer(*GATEWAY, status=503)
    faults.edge(EdgeAnswer.INTERNAL_NETWORK_ERROR, *GATEWAY)
    faults.reset(*GATEWAY)
    faults.edge(EdgeAnswer.CLOUDFLARE_RATE_LIMIT, "GET", "/users/@me")

    await product.start_bot()

    await serves(product)
    assert len(product.discord.requests.to(*GATEWAY)) == 4


async def test_without_sessions_left_it_waits_and_says_until_when(product: Product) -> None:
    product.discord.gateway.starts.remaining = 0
    await product.launch()

    line = await logged(product, "sessions_used_up")

    assert " WARNING " in line
    assert "reset_at=" in line
    assert product.discord.gateway.identified == 0
    assert product.discord.gateway.starts.beyond == 0
    assert await product.stop_bot() == 0


async def test_nonsense_from_the_gateway_ends_nothing(slow: Product) -> None:
    gateway = slow.discord.gateway
    answer = await slow.video()
    assert answer.message is not None
    for name, payload in (
        ("CHANNEL_UPDATE", {"id": None}),
        ("GUILD_CREATE", None),
        ("GUILD_ROLE_CREATE", {"guild_id": str(slow.guild.id), "role": {}}),
        ("INTERACTION_CREATE", {"id": None, "type": None, "data": None}),
    ):
        gateway.send(name, payload)
    for frame in ("this is not JSON", "null", b"no zlib \x00\x00\xff\xff", b"\xff" * (9 * 2**20)):
        before = gateway.resumed + gateway.identified
        gateway.send_raw(frame)
        await slow.discord.wait_for(lambda: gateway.resumed + gateway.identified > before or None, timeout=20)  # noqa: B023

    await slow.finished(answer.message)
    await serves(slow)


async def test_a_flood_of_guilds_holds_up_nobody(running: Product) -> None:
    """24,500 within seconds once made 17,137 failed events, 75 MB of log, and 20 s of failing requests."""
    payload = running.guild.gateway_payload() | {"unavailable": False}
    for _ in range(24_500):
        running.discord.gateway.send("GUILD_CREATE", payload)
        running.discord.gateway.send("CHANNEL_UPDATE", {"id": None})
    await logged(running, "event_unreadable")

    await serves(running)

    assert len(running.log) < 20_000


async def test_endless_answers_take_no_memory_and_the_video_comes(running: Product) -> None:
    fault = running.discord.faults.endless(*EDIT, times=3)
    before = running.memory

    answer = await running.video()
    assert answer.message is not None
    message = answer.message
    await running.discord.wait_for(lambda: fault.hits == 3 or None, timeout=30)
    await running.finished(message)

    assert fault.sent < 3 * (LARGEST_ANSWER + 16 * 2**20)
    assert running.memory - before < 4 * LARGEST_ANSWER
