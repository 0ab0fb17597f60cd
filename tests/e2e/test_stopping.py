"""A stop, whatever hangs: leaving is said first, nothing is begun any more, and the whole stays within its bound."""

from __future__ import annotations

import asyncio
import signal
import socket
from datetime import timedelta

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.app import run_bot, running
from bot.domain.job import JobState
from bot.services.jobs import submit
from bot.settings import Settings
from sandbox.discord import Upload
from sandbox.powerpost.faults import HangBefore
from tests.e2e.pictures import picture
from tests.e2e.product import Product

HANGS = HangBefore(timedelta(minutes=5))


async def test_a_start_does_not_wait_for_powerposts_balance_and_can_be_stopped(product: Product) -> None:
    product.powerpost.faults.add("GET /account/credits", HANGS, times=None)

    await product.launch()
    await product.discord.wait_until_ready(timeout=15)

    assert await product.stop_bot() == 0
    assert "Left in good order" in product.log


async def test_a_start_can_be_stopped_while_discord_cannot_be_reached(product: Product) -> None:
    product.discord.go_down()
    await product.launch()
    await product.until(lambda _: any(request.fault == "down" for request in product.discord.requests))

    assert await product.stop_bot() == 0


async def test_a_taken_port_is_a_sentence_that_names_its_setting(product: Product) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        product.settings["METRICS_ADDR"] = f"127.0.0.1:{taken.getsockname()[1]}"
        code, printed = await product.command("run")

    assert code == 1
    assert "another program already listens there" in printed
    assert f"METRICS_ADDR: {product.settings['METRICS_ADDR']} cannot be used" in printed


async def test_sighup_means_stop_and_lets_the_order_under_way_end(running: Product) -> None:
    running.powerpost.faults.add("POST /videos/generate", HangBefore(timedelta(seconds=3)))
    await running.video()
    await running.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)

    running.send(signal.SIGHUP)

    assert await running.exit_code() == 0
    [job] = await running.jobs()
    assert job.state is JobState.PROCESSING


async def test_an_upload_that_hangs_is_given_up_and_nothing_is_ordered(product: Product) -> None:
    await product.start_bot()
    product.powerpost.faults.add("POST /media/upload", HANGS, times=None)
    await product.video(image=Upload("a.png", picture("PNG"), "image/png"))
    await product.until(lambda _: "POST /media/upload" in [seen.route for seen in product.powerpost.requests])

    async with asyncio.timeout(10):
        assert await product.stop_bot() == 0

    [job] = await product.jobs()
    assert job.state is JobState.QUEUED
    assert product.orders == 0


async def test_a_stop_stays_within_its_bound_although_an_order_hangs(
    product: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, so that the bound can be made short."""
    for module, name in ((running, "DRAIN_WITHIN"), (submit, "GRACE_AT_STOP")):
        monkeypatch.setattr(module, name, timedelta(seconds=1))
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    settings = Settings.model_validate({name.lower(): value for name, value in product.settings.items()})
    stop = asyncio.Event()
    bot = asyncio.create_task(run_bot(settings, stop))
    await product.discord.wait_until_ready(timeout=15)
    product.powerpost.faults.add("POST /videos/generate", HANGS)
    await product.video()
    await product.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)

    stop.set()
    async with asyncio.timeout(5):
        await bot

    [job] = await product.jobs()
    assert job.state is JobState.SUBMITTING


async def test_nothing_is_begun_once_the_stop_was_said(product: Product) -> None:
    """A request whose picture arrives during the stop is refused, and one that waits for its turn is not ordered."""
    await product.start_bot()
    product.powerpost.faults.add("POST /videos/generate", HangBefore(timedelta(seconds=4)))
    await product.video()
    await product.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)
    await product.video("A second one")

    product.send(signal.SIGTERM)
    await product.logged("action=stop")
    late = await product.video("A third one")

    assert late.message is not None
    assert "The bot is restarting. Please try again in a minute. Nothing was spent." in late.message.text
    assert await product.exit_code() == 0
    assert [job.state for job in await product.jobs()] == [JobState.PROCESSING, JobState.QUEUED]
    assert product.orders == 1
