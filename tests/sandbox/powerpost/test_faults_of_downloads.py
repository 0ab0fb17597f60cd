"""What can go wrong with a stored file."""

from __future__ import annotations

import aiohttp
import pytest

from sandbox.powerpost import ManualClock, PowerPostSandbox
from sandbox.powerpost.faults import Answer, CutOff, EndlessBody, Redirect, WrongContentType

from .conftest import GENERATION_TIME
from .customer import Customer

VIDEO = "GET /storage/videos/{media_id}.mp4"


@pytest.fixture
async def url(customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock) -> str:
    """The link to a finished video."""
    order = await customer.order()
    clock.advance(GENERATION_TIME)
    await powerpost.wait_for(lambda: powerpost.generations[0].status == "completed")
    link: str = (await customer.look(order)).json["video"]["url"]
    return link


async def test_cut_off_promises_more_than_it_sends(
    session: aiohttp.ClientSession, powerpost: PowerPostSandbox, url: str
) -> None:
    powerpost.faults.add(VIDEO, CutOff(after=1000))

    async with session.get(url) as response:
        received = await response.content.readexactly(1000)
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read()

    assert response.content_length is not None
    assert len(received) < response.content_length


async def test_cut_off_affects_only_one_try(customer: Customer, powerpost: PowerPostSandbox, url: str) -> None:
    powerpost.faults.add(VIDEO, CutOff(after=1000))
    with pytest.raises(aiohttp.ClientPayloadError):
        await customer.call("GET", url)

    assert (await customer.call("GET", url)).status == 200


async def test_endless_body_lasts_until_the_client_closes(
    session: aiohttp.ClientSession, powerpost: PowerPostSandbox, url: str
) -> None:
    powerpost.faults.add(VIDEO, EndlessBody())

    async with session.get(url) as response:
        await response.content.readexactly(20_000_000)

    assert (response.status, response.content_length) == (200, None)


async def test_wrong_content_type_keeps_the_bytes(customer: Customer, powerpost: PowerPostSandbox, url: str) -> None:
    powerpost.faults.add(VIDEO, WrongContentType())

    reply = await customer.call("GET", url)

    assert (reply.headers["Content-Type"], reply.body[4:8]) == ("text/html", b"ftyp")


async def test_download_can_be_forbidden(customer: Customer, powerpost: PowerPostSandbox, url: str) -> None:
    powerpost.faults.add(VIDEO, Answer(403, "no"))

    assert (await customer.call("GET", url)).status == 403


async def test_redirect_points_elsewhere(customer: Customer, powerpost: PowerPostSandbox, url: str) -> None:
    powerpost.faults.add(VIDEO, Redirect("http://127.0.0.1:1/inside"))

    reply = await customer.call("GET", url)

    assert (reply.status, reply.headers["Location"]) == (302, "http://127.0.0.1:1/inside")


async def test_fault_of_get_also_applies_to_head(customer: Customer, powerpost: PowerPostSandbox, url: str) -> None:
    powerpost.faults.add(VIDEO, Answer(403, "no"))

    assert (await customer.call("HEAD", url)).status == 403
