"""Nobody makes the bot ask an address that is not a file host's, neither by a picture nor by a video's link."""

from __future__ import annotations

import pytest

from bot.domain.job import Delivery
from sandbox.powerpost.faults import Redirect, VideoElsewhere
from tests.e2e.delivery.place import Place
from tests.hostile.forging import Ear, refusal, with_picture

pytestmark = pytest.mark.asyncio(loop_scope="package")

REDIRECTING = ("GET", "/gateway")
"""An address of Discord's own, where pictures may be read from; a fault lets it point elsewhere."""

ELSEWHERE = [
    "http://127.0.0.1:{port}/a.png",
    "http://localhost:{port}/a.png",
    "http://2130706433:{port}/a.png",
    "http://0x7f000001:{port}/a.png",
    "http://0177.0.0.1:{port}/a.png",
    "http://127.1:{port}/a.png",
    "http://[::1]:{port}/a.png",
    "http://[::ffff:127.0.0.1]:{port}/a.png",
    "https://cdn.discordapp.com@127.0.0.1:{port}/a.png",
    "https://cdn.discordapp.com:{port}@127.0.0.1:{port}/a.png",
    "http://127.0.0.1:{port}#@cdn.discordapp.com/a.png",
    "http://127.0.0.1:{port}\\@cdn.discordapp.com/a.png",
    "https://cdn.discordapp.com.127.0.0.1.nip.io:{port}/a.png",
    "https://127.0.0.1:{port}/cdn.discordapp.com/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "http://cdn.discordapp.com/a.png",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_GET",
    "//127.0.0.1:{port}/a.png",
    "",
]


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_picture_that_lies_elsewhere_is_not_fetched(place: Place, ear: Ear, url: str) -> None:
    sentence = await refusal(place, with_picture(place, url.format(port=ear.port)))

    assert "Pictures must come from Discord" in sentence


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/a.png", "http://[::1]:{port}/", "file:///etc/passwd"])
async def test_a_picture_that_redirects_elsewhere_is_not_followed(place: Place, ear: Ear, url: str) -> None:
    discord = place.product.discord
    discord.faults.answer(*REDIRECTING, status=302, headers={"Location": url.format(port=ear.port)})
    use = with_picture(place, discord.api_base + REDIRECTING[1])

    assert "Pictures must come from Discord" in await refusal(place, use)


async def test_a_picture_that_redirects_without_end_is_left(place: Place) -> None:
    discord = place.product.discord
    url = discord.api_base + REDIRECTING[1]
    fault = discord.faults.answer(*REDIRECTING, status=302, headers={"Location": url}, times=None)

    await refusal(place, with_picture(place, url))

    assert fault.hits == 4


@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}/v.mp4", "http://[::1]:{port}/v.mp4", "https://evil.example/"])
async def test_a_video_that_lies_elsewhere_is_not_fetched_but_linked(place: Place, ear: Ear, url: str) -> None:
    await place.being_made()
    [generation] = place.generations
    fault = VideoElsewhere(url.format(port=ear.port))
    route = "GET /videos/generations/{id}"
    place.product.powerpost.faults.add(route, fault, times=None, when=lambda asked: generation.id in asked.path)
    place.finish()

    assert (await place.delivered()).delivery is Delivery.LINKED


async def test_a_video_that_redirects_elsewhere_is_not_fetched_but_linked(place: Place, ear: Ear) -> None:
    await place.being_made()
    place.spoil_download(Redirect(f"http://127.0.0.1:{ear.port}/v.mp4"), times=None)
    place.finish()

    assert (await place.delivered()).delivery is Delivery.LINKED
