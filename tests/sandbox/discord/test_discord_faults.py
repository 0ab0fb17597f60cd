"""Faults on demand, as a client meets them."""

from __future__ import annotations

import asyncio

import aiohttp
import discord
import pytest

from sandbox.discord import DiscordSandbox, TextChannel
from tests.sandbox.discord.test_discord_gateway import command

from .conftest import Rest, RunBot

MESSAGES = "/channels/{channel_id}/messages"


async def test_fault_strikes_only_the_next_matching_requests(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    fault = sandbox.faults.answer("POST", MESSAGES, status=503, times=2)
    statuses = [(await rest.post(channel, content=str(number)))[0] for number in range(3)]
    assert statuses == [503, 503, 200]
    assert (await rest("GET", "/users/@me"))[0] == 200
    assert fault.hits == 2
    assert [request.fault for request in sandbox.requests.to("POST", MESSAGES)] == ["answer", "answer", None]
    assert [message.text for message in channel.messages] == ["2"]


async def test_fault_can_strike_after_the_request_took_effect(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    sandbox.faults.reset("POST", MESSAGES, carried_out=True)
    with pytest.raises(aiohttp.ClientError):
        await rest.post(channel, content="sent, but who knows")
    assert [message.text for message in channel.messages] == ["sent, but who knows"]


async def test_fault_can_have_its_own_code(sandbox: DiscordSandbox, rest: Rest, channel: TextChannel) -> None:
    fault = sandbox.faults.answer(status=403, code=50013, message="Missing Permissions", times=None)
    assert await rest.post(channel, content="x") == (403, {"message": "Missing Permissions", "code": 50013})
    fault.withdraw()
    assert (await rest.post(channel, content="x"))[0] == 200


async def test_hanging_request_is_never_answered(sandbox: DiscordSandbox, rest: Rest, channel: TextChannel) -> None:
    fault = sandbox.faults.hang("POST", "/channels/*")
    asking = asyncio.create_task(rest.post(channel, content="x"))
    await sandbox.wait_for(lambda: fault.hits)
    assert not asking.done()
    assert sandbox.requests[-1].status is None
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)


async def test_discord_py_waits_out_a_rate_limit(
    sandbox: DiscordSandbox, channel: TextChannel, run_bot: RunBot
) -> None:
    async with run_bot(command("one")) as bot:
        fault = sandbox.faults.rate_limit("POST", MESSAGES, retry_after=0.05)
        await bot.get_partial_messageable(channel.id).send("patience")
        assert fault.hits == 1
        sandbox.faults.rate_limit("POST", MESSAGES, retry_after=1, by_cloudflare=True)
        with pytest.raises(discord.HTTPException) as banned:
            await bot.get_partial_messageable(channel.id).send("banned")
    assert banned.value.status == 429
    assert [message.text for message in channel.messages] == ["patience"]


async def test_outage_refuses_everything_until_it_is_over(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    async with sandbox.outage():
        assert (await rest.post(channel, content="x"))[0] == 503
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await rest.session.ws_connect(sandbox.gateway.url)
    assert (await rest.post(channel, content="x"))[0] == 200


async def test_endless_answer_lasts_until_the_client_closes(sandbox: DiscordSandbox, rest: Rest) -> None:
    fault = sandbox.faults.endless("GET", "/users/@me")
    async with rest.session.get(sandbox.api_base + "/users/@me") as response:
        assert response.status == 200
        assert len(await response.content.readexactly(2**20)) == 2**20
    assert fault.sent >= 2**20
    assert (await rest("GET", "/users/@me"))[0] == 200
