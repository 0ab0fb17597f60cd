"""What monitoring is told, over a real port."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress

import aiohttp
import pytest

from bot.domain.job import JobState
from bot.errors import DatabaseUnavailable
from bot.health import Health, host_and_port
from tests.ports import free_port

FULL = "there is no room for videobot.db (0.0 MiB free)"


class Inside:
    """What the process is like, as a test likes."""

    def __init__(self) -> None:
        self.is_connected = True
        self.has_database = True
        self.address = f"127.0.0.1:{free_port()}"

    async def count_jobs(self) -> Mapping[JobState, int]:
        if not self.has_database:
            raise DatabaseUnavailable("for a test")
        return {JobState.QUEUED: 2, JobState.COMPLETED: 40}

    async def ask(self, path: str) -> tuple[int, str]:
        async with aiohttp.ClientSession() as session, session.get(f"http://{self.address}{path}") as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def inside() -> AsyncIterator[Inside]:
    inside = Inside()
    health = Health(
        count_jobs=inside.count_jobs,
        is_connected=lambda: inside.is_connected,
        database_trouble=lambda: None if inside.has_database else FULL,
    )
    async with health.serving(inside.address):
        yield inside


async def test_a_process_that_can_serve_is_alive_and_ready(inside: Inside) -> None:
    assert await inside.ask("/healthz") == (200, "ok\n")
    assert await inside.ask("/readyz") == (200, "ok\n")


async def test_a_process_that_cannot_serve_says_what_is_missing_and_is_alive(inside: Inside) -> None:
    inside.is_connected = inside.has_database = False

    assert await inside.ask("/healthz") == (200, "ok\n")
    assert await inside.ask("/readyz") == (
        503,
        "not connected to Discord\nthere is no room for videobot.db (0.0 MiB free)\n",
    )


async def test_metrics_count_the_jobs_of_every_state(inside: Inside) -> None:
    status, text = await inside.ask("/metrics")

    assert status == 200
    lines = text.splitlines()
    assert 'videobot_jobs{state="queued"} 2.0' in lines
    assert 'videobot_jobs{state="processing"} 0.0' in lines
    assert "videobot_discord_connected 1.0" in lines


async def test_metrics_without_a_database_are_an_error_without_a_traceback(
    inside: Inside, caplog: pytest.LogCaptureFixture
) -> None:
    inside.has_database = False

    assert await inside.ask("/metrics") == (503, "for a test\n")
    assert caplog.records == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_request_without_end_is_cut_off(inside: Inside, method: str) -> None:
    host, port = host_and_port(inside.address)
    _, writer = await asyncio.open_connection(host, port)
    writer.write(f"{method} /healthz HTTP/1.1\r\nHost: bot\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
    sent = 0
    tracemalloc.start()
    async with asyncio.timeout(5):
        with suppress(ConnectionError):
            while True:
                writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
                await writer.drain()
                sent += 65536
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert sent > 2**20
    assert peak < 8 * 2**20
    assert await inside.ask("/healthz") == (200, "ok\n")


async def test_the_port_is_free_again_afterwards(inside: Inside) -> None:
    other = Health(count_jobs=inside.count_jobs, is_connected=lambda: True, database_trouble=lambda: None)
    for _ in range(2):
        async with other.serving(f"127.0.0.1:{free_port()}"):
            pass


@pytest.mark.parametrize(
    ("address", "parts"), [("[::1]:9464", ("::1", 9464)), ("127.0.0.1:80", ("127.0.0.1", 80)), ("bot:1", ("bot", 1))]
)
def test_an_address_is_taken_apart(address: str, parts: tuple[str, int]) -> None:
    assert host_and_port(address) == parts
