"""The database goes away under the running bot and comes back: nothing is ordered meanwhile, all goes on after."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.domain.job import JobState
from storage.database.migrate import upgrade
from tests.e2e.product import Product, open_product
from tests.postgres import Server

NOTICED_WITHIN = 10.0
OUTAGE = 20.0
BACK_WITHIN = 10.0
GENERATED_WITHIN = timedelta(seconds=12)
"""Long enough to order six, and over before the server is back."""

LOG_OF_AN_OUTAGE = 10_000
"""Bytes. It was 0.65 MB for half a minute with six jobs."""


async def readiness(port: int) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
        return answer.status, await answer.text()


async def until_ready(port: int, *, status: int) -> str:
    async with asyncio.timeout(NOTICED_WITHIN):
        while (found := await readiness(port))[0] != status:  # noqa: ASYNC110  another process's answer: no event tells
            await asyncio.sleep(0.1)
    return found[1]


async def test_a_file_that_vanishes_is_noticed_and_nothing_goes_into_it(product: Product, unused_tcp_port: int) -> None:
    product.settings["METRICS_ADDR"] = f"127.0.0.1:{unused_tcp_port}"
    await product.start_bot()
    await until_ready(unused_tcp_port, status=200)
    file, away = product.folder / "videobot.db", product.folder / "away.db"

    file.rename(away)
    reason = await until_ready(unused_tcp_port, status=503)
    refused = await product.video("A lighthouse that is gone")

    assert f"The database file {file} is gone" in reason
    assert refused.message is not None
    assert "Nothing was spent" in refused.message.text
    assert "action=alert alert=database_unusable" in product.log
    assert (product.orders, file.exists()) == (0, False)

    away.rename(file)
    await until_ready(unused_tcp_port, status=200)
    answer = await product.video("A lighthouse that is back")
    assert answer.message is not None
    await product.finished(answer.message)
    await product.settled()
    assert product.orders == 1


@pytest.fixture
def server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="videobot-postgresql-") as name:
        Path(name).chmod(0o755)
        server = Server(Path(name))
        yield server
        server.stop()


@pytest.fixture
async def on_postgresql(server: Server, tmp_path: Path) -> AsyncIterator[Product]:
    await upgrade(server.url)
    async with open_product(tmp_path, database_url=server.url, generation_time=GENERATED_WITHIN) as product:
        yield product


async def test_a_server_that_was_away_is_used_again_within_seconds(server: Server, on_postgresql: Product) -> None:
    product = on_postgresql
    await product.start_bot()
    answers = [await product.video(f"Lighthouse {number}") for number in range(6)]
    await product.until(lambda jobs: [job.state for job in jobs] == [JobState.PROCESSING] * 6)
    before = len(product.log)

    await asyncio.to_thread(server.stop)
    await asyncio.sleep(OUTAGE)
    logged = len(product.log) - before
    await asyncio.to_thread(server.start)
    began = time.monotonic()
    await product.settled()
    took = time.monotonic() - began

    assert took < BACK_WITHIN, f"{took:.1f} s"
    assert logged < LOG_OF_AN_OUTAGE, product.log[before:]
    assert product.orders == 6
    for answer in answers:
        assert answer.message is not None
        assert answer.message.media


async def test_the_operator_hears_of_a_server_that_is_away_while_it_is(
    server: Server, on_postgresql: Product, unused_tcp_port: int
) -> None:
    """The database's lock is lost with it: that ended the watch and the alerts too, until the server was back."""
    product = on_postgresql
    office = product.guild.add_channel("operators")
    product.settings |= {"ALERT_CHANNEL_ID": str(office.id), "METRICS_ADDR": f"127.0.0.1:{unused_tcp_port}"}
    await product.start_bot()
    await until_ready(unused_tcp_port, status=200)

    await asyncio.to_thread(server.stop)
    reason = await until_ready(unused_tcp_port, status=503)
    try:
        alert = await product.discord.wait_for(lambda: next(iter(office.messages), None), timeout=NOTICED_WITHIN)
    finally:
        await asyncio.to_thread(server.start)

    assert "The bot needs you" in alert.content
    assert "no PostgreSQL answers at" in reason
    await until_ready(unused_tcp_port, status=200)
