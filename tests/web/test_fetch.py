"""Fetching from a real server: bounds, redirects, refusals and broken connections."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web

from bot.errors import FetchBroken, FetchFailed, FetchForbidden, FetchTooLarge
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from tests.powerpost.stage import Handler, Stage, hangs_up, writes
from tests.web.test_addresses import NameServer

SOON = timedelta(seconds=5)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    stage = Stage()
    async with stage.server:
        yield stage


@pytest.fixture
async def fetcher(stage: Stage) -> AsyncIterator[Fetcher]:
    async with Fetcher(reachable=Reachable.of(own=stage.base_url), idle=timedelta(seconds=0.2)) as fetcher:
        yield fetcher


def redirects(to: str, status: int = 302) -> Handler:
    return writes(b"", status, Location=to)


async def test_a_small_file_is_read_whole(stage: Stage, fetcher: Fetcher) -> None:
    stage.will(writes(b"picture"))

    assert await fetcher.read(stage.url("/dog.png"), most_bytes=7, total=SOON) == b"picture"


async def test_an_answer_that_is_no_success_carries_its_status(stage: Stage, fetcher: Fetcher) -> None:
    stage.will(writes(b"gone", 404))

    with pytest.raises(FetchFailed) as caught:
        await fetcher.read(stage.url("/dog.png"), most_bytes=100, total=SOON)

    assert caught.value.status == 404


async def test_a_file_that_announces_too_many_bytes_is_not_read(stage: Stage, fetcher: Fetcher) -> None:
    stage.will(writes(b"x" * 101))

    with pytest.raises(FetchTooLarge):
        await fetcher.read(stage.url("/dog.png"), most_bytes=100, total=SOON)


async def test_a_file_without_a_length_is_read_up_to_the_bound(stage: Stage, fetcher: Fetcher) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport and not request.transport.is_closing():
            await response.write(b"x" * 65536)
        return response

    stage.will(endless)

    with pytest.raises(FetchTooLarge):
        await fetcher.read(stage.url("/dog.png"), most_bytes=300_000, total=SOON)


async def test_compressed_bodies_are_not_blown_up(stage: Stage, fetcher: Fetcher) -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    stage.will(writes(bomb, Content_Encoding="gzip"))

    assert await fetcher.read(stage.url("/dog.png"), most_bytes=len(bomb), total=SOON) == bomb
    assert stage.requests[0][2]["Accept-Encoding"] == "identity"


async def test_three_redirects_are_followed(stage: Stage, fetcher: Fetcher) -> None:
    stage.will(redirects("/a"), redirects("b"), redirects(stage.url("/c")), writes(b"there"))

    assert await fetcher.read(stage.url("/"), most_bytes=10, total=SOON) == b"there"


async def test_a_fourth_redirect_is_not_followed(stage: Stage, fetcher: Fetcher) -> None:
    stage.will(redirects("/again"))

    with pytest.raises(FetchFailed, match="redirects"):
        await fetcher.read(stage.url("/"), most_bytes=10, total=SOON)

    assert len(stage.requests) == 4


@pytest.mark.parametrize(
    "to", ["http://127.0.0.1:1/", "https://evil.example/", "file:///etc/passwd", "//evil.example/", "http://[::1", "ä"]
)
async def test_each_redirect_is_held_against_the_list(stage: Stage, fetcher: Fetcher, to: str) -> None:
    stage.will(redirects(to), writes(b"secret"))

    with pytest.raises(FetchForbidden):
        await fetcher.read(stage.url("/"), most_bytes=10, total=SOON)

    assert len(stage.requests) == 1


async def test_a_listed_name_that_leads_to_this_machine_is_not_asked(stage: Stage) -> None:
    names = NameServer(cdn_discordapp_com=["127.0.0.1"])
    async with Fetcher(reachable=Reachable.of(hosts=["cdn.discordapp.com"]), resolver=names) as fetcher:
        with pytest.raises(FetchForbidden):
            await fetcher.read(f"https://cdn.discordapp.com:{stage.server.port}/dog.png", most_bytes=10, total=SOON)


async def test_broken_and_silent_connections_are_worth_another_try(stage: Stage, fetcher: Fetcher) -> None:
    over = asyncio.Event()

    async def falls_silent(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"some")
        await over.wait()
        return response

    stage.will(hangs_up, falls_silent)
    for _ in range(2):
        with pytest.raises(FetchBroken):
            await fetcher.read(stage.url("/"), most_bytes=1000, total=SOON)
    over.set()


async def test_reading_ends_with_its_time_even_if_bytes_keep_dripping(stage: Stage, fetcher: Fetcher) -> None:
    async def drips(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport and not request.transport.is_closing():
            await response.write(b"x")
            await asyncio.sleep(0.01)
        return response

    stage.will(drips)

    with pytest.raises(FetchBroken, match="too long"):
        await fetcher.read(stage.url("/"), most_bytes=10**9, total=timedelta(seconds=0.1))


async def test_a_fetcher_that_was_not_entered_says_so(stage: Stage) -> None:
    with pytest.raises(RuntimeError, match="Enter"):
        await Fetcher(reachable=Reachable.of(own=stage.base_url)).read(stage.url("/"), most_bytes=1, total=SOON)
