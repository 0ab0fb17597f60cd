"""Signed links to videos and thumbnails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.powerpost import ManualClock, PowerPostSandbox

from .conftest import GENERATION_TIME
from .customer import Customer, Reply


@pytest.fixture
async def order(customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock) -> Reply:
    """An order that is completed."""
    placed = await customer.order()
    clock.advance(GENERATION_TIME)
    await powerpost.wait_for(lambda: powerpost.generations[0].status == "completed")
    return placed


@pytest.fixture
async def video(customer: Customer, order: Reply) -> dict[str, Any]:
    answer: dict[str, Any] = (await customer.look(order)).json["video"]
    return answer


async def test_links_work_without_a_key(customer: Customer, video: dict[str, Any]) -> None:
    clip = await customer.call("GET", video["url"], headers={})
    thumbnail = await customer.call("GET", video["thumbnail_url"], headers={})

    assert (clip.status, clip.headers["Content-Type"], clip.body[4:8]) == (200, "video/mp4", b"ftyp")
    assert (thumbnail.status, thumbnail.headers["Content-Type"], thumbnail.body[:2]) == (
        200,
        "image/jpeg",
        b"\xff\xd8",
    )


async def test_links_answer_head_with_the_length(customer: Customer, video: dict[str, Any]) -> None:
    clip = await customer.call("GET", video["url"])
    head = await customer.call("HEAD", video["url"])

    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == str(len(clip.body))


async def test_links_serve_ranges(customer: Customer, video: dict[str, Any]) -> None:
    part = await customer.call("GET", video["url"], headers={"Range": "bytes=4-7"})

    assert (part.status, part.body) == (206, b"ftyp")
    assert part.headers["Content-Range"].startswith("bytes 4-7/")


async def test_links_expire_after_seven_days_and_are_renewed(
    customer: Customer, order: Reply, video: dict[str, Any], clock: ManualClock
) -> None:
    clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert (await customer.call("GET", video["url"])).status == 200
    clock.advance(timedelta(seconds=1))
    assert (await customer.call("GET", video["url"])).status == 403

    fresh = (await customer.look(order)).json["video"]

    assert (fresh["media_id"], fresh["url"] != video["url"]) == (video["media_id"], True)
    assert (await customer.call("GET", fresh["url"])).status == 200


async def test_lifetime_of_links_can_be_changed(
    customer: Customer, order: Reply, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    powerpost.links.life = timedelta(minutes=1)
    video = (await customer.look(order)).json["video"]
    clock.advance(timedelta(minutes=1))

    assert (await customer.call("GET", video["url"])).status == 403


@pytest.mark.parametrize(
    ("genuine", "forged"),
    [("signature=", "signature=0"), ("expires=", "expires=9"), ("/videos/vid-001", "/videos/vid-002"), ("?", "?#")],
)
async def test_forged_links_are_refused(customer: Customer, video: dict[str, Any], genuine: str, forged: str) -> None:
    assert (await customer.call("GET", video["url"].replace(genuine, forged))).status == 403


async def test_signed_link_to_nothing_is_not_found(customer: Customer, powerpost: PowerPostSandbox) -> None:
    link = powerpost.origin + powerpost.links.sign("/storage/videos/vid-999-00000000.mp4")

    assert (await customer.call("GET", link)).status == 404
