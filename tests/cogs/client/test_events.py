"""Events and frames that no client could read: said, survived, and the bot goes on serving."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import discord.shard
import pytest
from discord import utils
from discord.gateway import DiscordWebSocket

from cogs.client.bounds import LARGEST_EVENT, LARGEST_FRAME
from cogs.client.events import CALM, GatewayGuard
from sandbox.discord import DiscordSandbox, Raw, TextChannel
from tests.clocks import MovableClock
from tests.cogs.client.test_client import Greeting
from tests.cogs.running import GuildLog, a_client, running

MALFORMED: list[tuple[str, Any]] = [
    ("CHANNEL_UPDATE", {"id": None, "guild_id": None, "type": 0}),
    ("CHANNEL_CREATE", None),
    ("GUILD_CREATE", None),
    ("GUILD_CREATE", {"id": None}),
    ("GUILD_CREATE", {"id": "1", "roles": [{}], "channels": None}),
    ("GUILD_UPDATE", {}),
    ("GUILD_DELETE", []),
    ("GUILD_ROLE_CREATE", {"guild_id": "{guild}", "role": {}}),
    ("GUILD_ROLE_UPDATE", {"guild_id": "{guild}", "role": None}),
    ("INTERACTION_CREATE", {"id": None, "type": None, "token": None, "data": None}),
    ("INTERACTION_CREATE", {"id": "1", "application_id": "2", "type": 2, "token": "t", "version": 1, "data": {}}),
    ("INTERACTION_CREATE", {"id": "1", "application_id": "2", "type": 3, "token": "t", "version": 1, "data": {}}),
    ("INTERACTION_CREATE", {"id": "1", "application_id": "2", "type": 5, "token": "t", "version": 1, "data": {}}),
    ("ENTITLEMENT_CREATE", {}),
    ("THREAD_LIST_SYNC", {"guild_id": "{guild}", "threads": None}),
    ("A_NEW_KIND", 7),
]
FRAMES: list[tuple[str | bytes, bool]] = [
    ("this is not JSON", True),
    ("null", True),
    ("[]", True),
    ('{"op": 0, "t": ["READY"], "d": {}, "s": 3}', True),
    ('{"op": 0, "t": "READY", "d": null, "s": 3}', True),
    ('{"op": 0, "t": "RESUMED", "d": null, "s": 3}', True),
    ('{"op": 10, "d": null}', True),
    ("not even compressed", False),
    (b"this is no zlib \x00\x00\xff\xff", False),
    (b"\xff" * (LARGEST_FRAME + 1), False),
    (" " * (LARGEST_EVENT + 1), True),
]


async def serves(discord: DiscordSandbox) -> bool:
    """Whether a member is answered."""
    (guild,) = discord.guilds
    mia = guild.add_member("Mia")
    (channel,) = (channel for channel in guild.channels.values() if isinstance(channel, TextChannel))
    answer = await (await mia.slash(channel, "hello")).first_response()
    return answer.message is not None and answer.message.content == "Hello."


@pytest.fixture
def place(discord: DiscordSandbox) -> DiscordSandbox:
    discord.add_guild("Film club").add_channel("videos")
    return discord


async def test_events_that_cannot_be_read_are_left_out_and_the_next_is_served(
    place: DiscordSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(a_client([Greeting()]), place):
        for name, payload in MALFORMED:
            guild_id = str(place.guilds[0].id)
            place.gateway.send(name, json.loads(json.dumps(payload).replace("{guild}", guild_id)))
        assert await serves(place)

        assert place.gateway.identified == 1
        assert place.gateway.resumed == 0
    assert all(record.exc_info is None for record in caplog.records if record.name != "discord.client")


@pytest.mark.parametrize(("frame", "compressed"), FRAMES)
async def test_a_connection_that_makes_no_sense_is_replaced(
    place: DiscordSandbox, frame: str | bytes, compressed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(a_client([Greeting()]), place):
        before = place.gateway.identified + place.gateway.resumed
        place.gateway.send_raw(frame, compressed=compressed)
        await place.wait_for(lambda: place.gateway.identified + place.gateway.resumed > before, timeout=10)

        assert await serves(place)
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_the_same_trouble_is_said_once_a_minute(place: DiscordSandbox, caplog: pytest.LogCaptureFixture) -> None:
    async with running(a_client([Greeting()]), place):
        for _ in range(2000):
            place.gateway.send("CHANNEL_UPDATE", {"id": None})
        assert await serves(place)

    said = [record for record in caplog.records if vars(record).get("action") == "event_unreadable"]
    assert [vars(record)["kind"] for record in said] == ["CHANNEL_UPDATE"]


async def test_repeated_guilds_are_told_once(place: DiscordSandbox, caplog: pytest.LogCaptureFixture) -> None:
    """24,500 of them within seconds once made 17,137 failed events and 75 MB of log."""
    log = GuildLog(fails=True)
    async with running(a_client([Greeting()], guilds=log), place):
        payload = place.guilds[0].gateway_payload() | {"unavailable": False}
        for _ in range(1000):
            place.gateway.send("GUILD_CREATE", payload)
        assert await serves(place)

    failed = [record for record in caplog.records if vars(record).get("action") == "event_failed"]
    assert len(failed) == 1
    assert len(caplog.text) < 20_000


@pytest.mark.parametrize(
    "greeting", [Raw("null"), Raw('{"op": 10, "d": {}}'), Raw(b"\x00\x00\xff\xff"), Raw('{"op": 7}')]
)
async def test_a_gateway_out_of_order_is_tried_again_until_it_greets(place: DiscordSandbox, greeting: Raw) -> None:
    async with running(a_client([Greeting()]), place):
        place.gateway.greeting = greeting
        place.gateway.disconnect()
        await place.wait_until_gone()
        await asyncio.sleep(1)  # real time: the bot's tries go over real sockets, and none of them may end it
        place.gateway.greeting = None
        await place.wait_until_ready(timeout=15)

        assert await serves(place)


async def test_a_shard_that_connects_again_and_again_waits_ever_longer() -> None:
    clock = MovableClock()
    guard = GatewayGuard(clock)

    waited = []
    for _ in range(9):
        before = clock.now()
        await clock.hurry(guard.before_renewal(0))
        waited.append((clock.now() - before).total_seconds())
    clock.move(CALM)
    calm = await asyncio.wait_for(guard.before_renewal(0), timeout=1)

    assert waited == [0, 1, 2, 4, 8, 16, 32, 60, 60]
    assert calm == 1


def test_the_library_still_has_the_seams_that_this_needs() -> None:
    """An update of discord.py that moves them must fail here, not in the night when Discord sends nonsense."""
    assert discord.shard.DiscordWebSocket.__mro__[-2] is DiscordWebSocket
    for method in ("from_client", "poll_event", "received_message"):
        assert callable(getattr(DiscordWebSocket, method))
    assert utils._ActiveDecompressionContext.COMPRESSION_TYPE
    client = a_client()
    assert {"GUILD_CREATE", "INTERACTION_CREATE", "CHANNEL_UPDATE", "READY"} <= client._connection.parsers.keys()
    assert callable(type(client.tree)._call)
