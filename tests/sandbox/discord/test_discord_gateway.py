"""The gateway: who may connect, who gets which events, and reconnecting after an interruption."""

from __future__ import annotations

import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import discord
import pytest
from discord import app_commands

from sandbox.discord import DiscordSandbox, TextChannel
from sandbox.discord.gateway.protocol import CloseCode

from .conftest import Rest, RunBot

Json = dict[str, Any]
GUILDS, GUILD_MESSAGES = 1 << 0, 1 << 9


@dataclass
class Listener:
    """A plain gateway client."""

    socket: aiohttp.ClientWebSocketResponse
    inflate: Any = None
    heard: list[Json] = field(default_factory=list)

    async def next(self) -> Json:
        received = await self.socket.receive(timeout=5)
        if received.type is aiohttp.WSMsgType.CLOSE:
            return {"closed": received.data}
        text = self.inflate.decompress(received.data) if self.inflate else received.data
        message: Json = json.loads(text)
        self.heard.append(message)
        return message

    async def until(self, name: str) -> Json:
        while (message := await self.next()).get("t") != name:
            assert "closed" not in message
        return message

    async def send(self, operation: int, data: object) -> None:
        await self.socket.send_json({"op": operation, "d": data})

    async def identify(self, token: str, *, intents: int = GUILDS, shard: tuple[int, int] = (0, 1)) -> None:
        await self.send(2, {"token": token, "intents": intents, "shard": shard, "properties": {}})


@asynccontextmanager
async def listening(sandbox: DiscordSandbox, query: str = "v=10&encoding=json") -> AsyncIterator[Listener]:
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{sandbox.gateway.url}?{query}", autoclose=False) as socket,
    ):
        listener = Listener(socket, zlib.decompressobj() if "zlib-stream" in query else None)
        assert (await listener.next())["op"] == 10
        yield listener


async def test_bot_gets_its_guilds_after_identifying(sandbox: DiscordSandbox, channel: TextChannel) -> None:
    async with listening(sandbox, "v=10&encoding=json&compress=zlib-stream") as bot:
        await bot.identify(sandbox.token)
        ready = await bot.until("READY")
        guild = await bot.until("GUILD_CREATE")
        await bot.send(1, 2)
        assert (await bot.next())["op"] == 11
    assert ready["d"]["guilds"] == [{"id": str(channel.guild.id), "unavailable": True}]
    assert ready["d"]["resume_gateway_url"] == sandbox.gateway.url
    assert [place["name"] for place in guild["d"]["channels"]] == ["videos"]
    assert [member["user"]["bot"] for member in guild["d"]["members"]] == [True]


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        ({"token": "wrong"}, CloseCode.AUTHENTICATION_FAILED),
        ({"shard": (1, 1)}, CloseCode.INVALID_SHARD),
        ({"intents": 1 << 40}, CloseCode.INVALID_INTENTS),
        ({"intents": 1 << 15}, CloseCode.DISALLOWED_INTENTS),
    ],
)
async def test_invalid_identify_closes_the_connection(sandbox: DiscordSandbox, identity: Json, code: CloseCode) -> None:
    async with listening(sandbox) as bot:
        await bot.send(2, {"token": sandbox.token, "intents": GUILDS, "shard": (0, 1), "properties": {}} | identity)
        assert await bot.next() == {"closed": code}


async def test_unknown_messages_close_the_connection(sandbox: DiscordSandbox) -> None:
    async with listening(sandbox) as bot:
        await bot.send(99, None)
        assert await bot.next() == {"closed": CloseCode.NOT_AUTHENTICATED}
    async with listening(sandbox) as bot:
        await bot.socket.send_str("not json")
        assert await bot.next() == {"closed": CloseCode.DECODE_ERROR}


async def test_wrong_token_fails_discord_py_at_once(
    sandbox: DiscordSandbox, run_bot: RunBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with run_bot(command("one")):
        pass
    stranger = discord.Client(intents=discord.Intents.none())
    async with stranger:
        with pytest.raises(discord.LoginFailure):
            await stranger.login("wrong")


async def test_guilds_are_divided_among_shards(sandbox: DiscordSandbox) -> None:
    guilds = [sandbox.add_guild(f"Guild {number}") for number in range(2)]
    shards = [(guild.id >> 22) % 2 for guild in guilds]
    async with listening(sandbox) as bot:
        await bot.identify(sandbox.token, shard=(0, 2))
        ready = await bot.until("READY")
    assert [entry["id"] for entry in ready["d"]["guilds"]] == [
        str(guild.id) for guild, shard in zip(guilds, shards, strict=True) if shard == 0
    ]


async def test_events_go_to_sessions_with_the_intent(sandbox: DiscordSandbox, channel: TextChannel) -> None:
    async with listening(sandbox) as plain, listening(sandbox) as curious:
        await plain.identify(sandbox.token)
        await curious.identify(sandbox.token, intents=GUILDS | GUILD_MESSAGES)
        await plain.until("GUILD_CREATE")
        await curious.until("GUILD_CREATE")
        async with aiohttp.ClientSession(headers={"Authorization": f"Bot {sandbox.token}"}) as session:
            await session.post(f"{sandbox.api_base}/channels/{channel.id}/messages", json={"content": "hi"})
        channel.hide_from_bot()
        created = await curious.until("MESSAGE_CREATE")
        await plain.until("CHANNEL_UPDATE")
    assert created["d"]["content"] == "hi"
    assert created["d"]["guild_id"] == str(channel.guild.id)
    assert "MESSAGE_CREATE" not in [message.get("t") for message in plain.heard]


async def test_session_is_resumed_with_what_it_missed(sandbox: DiscordSandbox, channel: TextChannel) -> None:
    async with listening(sandbox) as bot:
        await bot.identify(sandbox.token)
        session_id = (await bot.until("READY"))["d"]["session_id"]
        seen = (await bot.until("GUILD_CREATE"))["s"]
    await sandbox.wait_until_gone(timeout=5)
    channel.guild.add_channel("missed")
    async with listening(sandbox) as bot:
        await bot.send(6, {"token": sandbox.token, "session_id": session_id, "seq": seen})
        missed = await bot.next()
        resumed = await bot.next()
    assert (missed["t"], missed["d"]["name"]) == ("CHANNEL_CREATE", "missed")
    assert resumed["t"] == "RESUMED"


async def test_unknown_session_must_identify_again(sandbox: DiscordSandbox) -> None:
    async with listening(sandbox) as bot:
        await bot.send(6, {"token": sandbox.token, "session_id": "gone", "seq": 1})
        assert await bot.next() == {"op": 9, "d": False}
        await bot.identify(sandbox.token)
        assert (await bot.next())["t"] == "READY"


async def test_discord_py_reconnects_after_each_interruption(sandbox: DiscordSandbox, run_bot: RunBot) -> None:
    async with run_bot(command("one")) as bot:
        sandbox.gateway.request_reconnect()
        await sandbox.wait_for(lambda: sandbox.gateway.resumed == 1, timeout=30)
        sandbox.gateway.disconnect()
        await sandbox.wait_for(lambda: sandbox.gateway.resumed == 2, timeout=30)
        sandbox.gateway.invalidate_sessions()
        await sandbox.wait_for(lambda: sandbox.gateway.identified == 2, timeout=30)
        assert bot.resumptions == 2


async def test_discord_py_survives_an_outage(sandbox: DiscordSandbox, channel: TextChannel, run_bot: RunBot) -> None:
    mia = channel.guild.add_member("Mia")
    async with run_bot(command("one")):
        async with sandbox.outage():
            await sandbox.wait_until_gone(timeout=5)
        await sandbox.wait_until_ready(timeout=15)
        answer = await (await mia.slash(channel, "one")).first_response()
    assert answer.message is not None
    assert answer.message.text == "one"


async def test_bot_is_told_when_it_joins_and_leaves(
    sandbox: DiscordSandbox, channel: TextChannel, run_bot: RunBot
) -> None:
    async with run_bot(command("one")) as bot:
        await bot.wait_until_ready()
        joined = bot.wait_for("guild_join", timeout=30)
        other = sandbox.add_guild("Second club")
        assert (await joined).name == "Second club"
        left = bot.wait_for("guild_remove", timeout=30)
        other.kick_bot()
        assert (await left).id == other.id
        assert bot.get_guild(channel.guild.id) is not None


def command(name: str) -> app_commands.Command[Any, Any, Any]:
    @app_commands.command(name=name, description="Answers with its name")
    async def answering(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message(name)

    return answering


async def test_sessions_count_against_the_limit(sandbox: DiscordSandbox, rest: Rest) -> None:
    sandbox.gateway.starts.remaining = 1
    for _ in range(2):
        async with listening(sandbox) as bot:
            await bot.identify(sandbox.token)
            await bot.until("READY")
    told = (await rest("GET", "/gateway/bot"))[1]["session_start_limit"]
    assert (told["remaining"], sandbox.gateway.starts.beyond) == (0, 1)


async def test_frames_that_are_not_messages_are_sent_unchanged(sandbox: DiscordSandbox) -> None:
    async with listening(sandbox) as bot:
        sandbox.gateway.send_raw("null")
        sandbox.gateway.send_raw(b"\x00")
        assert (await bot.socket.receive(timeout=5)).data == "null"
        assert (await bot.socket.receive(timeout=5)).data == b"\x00"
