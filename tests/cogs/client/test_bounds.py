"""Bodies and frames without end, over real sockets: reading stops early, and Discord counts as out of reach."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import discord as library
import pytest
from aiohttp import web
from discord.http import HTTPClient

from bot.errors import DiscordUnavailable
from cogs.client import bounds
from cogs.client.bounds import LARGEST_ANSWER, LARGEST_EVENT, LARGEST_FRAME, BoundedInflation, bounded_sockets
from cogs.client.client import point_discord_at
from cogs.interactions.discord_errors import calling_discord
from sandbox.discord import DiscordSandbox
from tests.cogs.client.test_client import Greeting
from tests.cogs.running import a_client, running

MESSAGE = ("PATCH", "/channels/{channel_id}/messages/{message_id}")
MUCH = LARGEST_ANSWER * 2 + 8 * 2**20
"""Bytes. What is read is copied once or twice; a body without a bound goes on until the machine has no memory."""


@pytest.fixture
def memory() -> Iterator[Callable[[], int]]:
    """The most bytes that were allocated since the test began."""
    tracemalloc.start()
    yield lambda: tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("status", [200, 403, 500])
async def test_an_endless_answer_to_an_edit_is_cut_off(
    discord: DiscordSandbox, memory: Callable[[], int], status: int
) -> None:
    """Such an answer once took 8 GB in 30 s."""
    channel = discord.add_guild("Film club").add_channel("videos")
    client = a_client([Greeting()])
    async with running(client, discord):
        fault = discord.faults.endless(*MESSAGE, status=status, times=None)
        message = client.get_partial_messageable(channel.id).get_partial_message(1)
        with pytest.raises(DiscordUnavailable):
            async with calling_discord(timedelta(seconds=20)):
                await message.edit(content="the video")

    assert fault.hits == 1
    assert LARGEST_ANSWER < fault.sent < LARGEST_ANSWER + 32 * 2**20
    assert memory() < MUCH


async def test_an_answer_that_unpacks_without_end_is_cut_off(memory: Callable[[], int]) -> None:
    packed = gzip.compress(b" " * (64 * 2**20))

    async def bomb(_: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"})

    tracemalloc.reset_peak()
    async with (
        serving(bomb) as url,
        aiohttp.ClientSession(trace_configs=[bounds.bounding_answers(aiohttp.TraceConfig())]) as session,
    ):
        async with session.get(url) as answer:
            with pytest.raises(aiohttp.ClientPayloadError):
                await answer.text()
        assert len(packed) < 100_000
        assert memory() < 64 * 2**20


async def test_an_answer_that_trickles_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST_ANSWER", timedelta(seconds=0.3))

    async def trickle(request: web.Request) -> web.StreamResponse:
        body = web.StreamResponse()
        await body.prepare(request)
        while True:
            await body.write(b" ")
            await asyncio.sleep(0.05)

    async with (
        serving(trickle) as url,
        aiohttp.ClientSession(trace_configs=[bounds.bounding_answers(aiohttp.TraceConfig())]) as session,
        session.get(url) as answer,
    ):
        async with asyncio.timeout(5):
            with pytest.raises(TimeoutError):
                await answer.read()


async def test_an_ordinary_answer_is_read_as_ever() -> None:
    async def ordinary(_: web.Request) -> web.Response:
        return web.json_response({"video": "ready"})

    async with (
        serving(ordinary) as url,
        aiohttp.ClientSession(trace_configs=[bounds.bounding_answers(aiohttp.TraceConfig())]) as session,
        session.get(url) as answer,
    ):
        assert await answer.json() == {"video": "ready"}


def test_an_event_that_unpacks_without_end_is_refused(memory: Callable[[], int]) -> None:
    packer = zlib.compressobj()
    packed = bytearray()
    for _ in range(16):
        packed += packer.compress(b" " * (LARGEST_EVENT // 8))
    packed += packer.flush(zlib.Z_SYNC_FLUSH)

    with pytest.raises(ValueError, match="becomes more"):
        BoundedInflation().decompress(bytes(packed))

    assert memory() < 3 * LARGEST_EVENT


def test_a_message_in_endless_pieces_is_refused() -> None:
    inflation, piece = BoundedInflation(), b"\x01" * 2**20
    for _ in range(LARGEST_FRAME // len(piece)):
        assert inflation.decompress(piece) is None

    with pytest.raises(ValueError, match="more than"):
        inflation.decompress(piece)


def test_messages_are_inflated_one_after_the_other() -> None:
    packer, inflation = zlib.compressobj(), BoundedInflation()
    for text in ("first", "second " * 1000, "third"):
        packed = packer.compress(text.encode()) + packer.flush(zlib.Z_SYNC_FLUSH)
        assert inflation.decompress(packed[:3]) is None
        assert inflation.decompress(packed[3:]) == text


async def test_the_library_still_opens_its_sockets_as_this_does(discord: DiscordSandbox) -> None:
    """The seams: a private session, and the arguments that discord.py itself passes."""
    client = library.Client(intents=library.Intents.none(), http_trace=bounds.bounding_answers(aiohttp.TraceConfig()))
    async with client:
        point_discord_at(discord.api_base)
        await client.login(discord.token)
        http: HTTPClient = client.http
        theirs = await http.ws_connect(discord.gateway.url)
        ours = await bounded_sockets(http)(discord.gateway.url)
        assert type(ours) is type(theirs)
        assert (await ours.receive()).data == (await theirs.receive()).data
        await ours.close()
        await theirs.close()
