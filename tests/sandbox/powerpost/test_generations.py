"""`GET /videos/generations/{id}`: a generation's life, and how a test controls it."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from sandbox.powerpost import GenerationFailure, ManualClock, PowerPostSandbox
from sandbox.powerpost.render import Brief

from .conftest import GENERATION_TIME
from .customer import Customer, Reply


async def finished(customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock, order: Reply) -> Reply:
    """The status of an order after its time, once the file exists."""
    clock.advance(GENERATION_TIME)
    await powerpost.wait_for(lambda: powerpost.generations[-1].status.finished)
    return await customer.look(order)


async def test_generation_in_progress_has_exactly_the_documented_fields(customer: Customer, clock: ManualClock) -> None:
    order = await customer.order(prompt="A dog", size="portrait", has_audio=True)
    clock.advance(GENERATION_TIME - timedelta(seconds=1))

    assert (await customer.look(order)).json == {
        "video_generation_id": order.json["video_generation_id"],
        "status": "processing",
        "prompt": "A dog",
        "size": "portrait",
        "duration": 5,
        "has_audio": True,
        "model": "kling-3.0-pro",
        "created_at": "2026-03-11T10:00:00Z",
    }


async def test_completed_generation_adds_the_video(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    order = await customer.order(size="portrait")
    before = (await customer.look(order)).json

    after = (await finished(customer, powerpost, clock, order)).json

    video = after.pop("video")
    assert after == before | {"status": "completed"}
    assert set(video) == {"media_id", "url", "thumbnail_url", "width", "height", "duration"}
    assert (video["width"], video["height"], video["duration"]) == (1080, 1920, 5)
    assert video["url"].startswith(f"{powerpost.origin}/storage/videos/{video['media_id']}.mp4?")
    assert video["thumbnail_url"].startswith(f"{powerpost.origin}/storage/thumbs/{video['media_id']}.jpg?")


async def test_failed_generation_says_why_and_is_refunded(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    order = await customer.order(prompt="A dog [fail]")
    assert order.json["remaining_credits"] == 85

    reply = await finished(customer, powerpost, clock, order)

    assert reply.json["status"] == "failed"
    assert reply.json["error"] == {"code": "VIDEO_GENERATION_FAILED", "message": "Video generation timed out"}
    assert "video" not in reply.json
    assert (await customer.credits()).json["balance"] == 100
    assert powerpost.generations[0].refunded


async def test_generation_is_pending_first_when_asked_to(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    powerpost.production.pending_time = timedelta(seconds=30)

    order = await customer.order()
    assert order.json["status"] == (await customer.look(order)).json["status"] == "pending"

    clock.advance(timedelta(seconds=30))
    assert (await customer.look(order)).json["status"] == "processing"


@pytest.mark.parametrize("generation_id", ["7a8b9c0d-e1f2-3456-abcd-ef7890123456", "nonsense"])
async def test_unknown_generation_is_not_found(customer: Customer, generation_id: str) -> None:
    reply = await customer.call("GET", f"/videos/generations/{generation_id}")

    assert (reply.status, reply.code) == (404, "NOT_FOUND")


async def test_generation_of_another_account_or_workspace_is_not_found(customer: Customer, stranger: Customer) -> None:
    order = await customer.order()

    assert (await stranger.look(order)).code == "NOT_FOUND"
    customer.headers["X-Workspace-Id"] = customer.account.add_workspace()
    assert (await customer.look(order)).code == "NOT_FOUND"


async def test_held_generation_stays_in_progress_until_released(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    powerpost.production.hold()
    order = await customer.order()
    clock.advance(GENERATION_TIME * 10)
    assert (await customer.look(order)).json["status"] == "processing"

    powerpost.production.release(powerpost.generations[0])

    assert (await finished(customer, powerpost, clock, order)).json["status"] == "completed"


async def test_next_generations_fail_as_planned(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    powerpost.production.fail_next(failure=GenerationFailure("CONTENT_REJECTED", "Not like this"))
    first = await customer.order()
    second = await customer.order()

    assert (await finished(customer, powerpost, clock, second)).json["status"] == "completed"
    assert (await customer.look(first)).json["error"] == {"code": "CONTENT_REJECTED", "message": "Not like this"}


async def test_generation_can_be_failed_while_held(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.production.hold()
    order = await customer.order()

    powerpost.production.fail(powerpost.generations[0])

    assert (await customer.look(order)).json["status"] == "failed"


async def test_generation_without_a_file_fails_and_is_refunded(
    session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(brief: Brief) -> None:
        raise OSError("no space left")

    async with PowerPostSandbox(render=broken, generation_time=timedelta(0)) as powerpost:
        account = powerpost.add_account(credits=15)
        client = Customer(session, powerpost.base_url, account)
        order = await client.order()
        await powerpost.wait_for(lambda: powerpost.generations[0].refunded)

        assert (await client.look(order)).json["status"] == "failed"
        assert account.balance == 15
    assert "Rendering a clip failed" in caplog.text
