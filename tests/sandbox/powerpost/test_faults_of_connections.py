"""Silence, resets and slow answers: what the client sees, and what the ledger says."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import aiohttp
import pytest

from sandbox.powerpost import PowerPostSandbox, TinyClips
from sandbox.powerpost.faults import Fault, HangAfter, HangBefore, ResetAfter, ResetBefore, SlowTrickle

from .customer import Customer, picture

GENERATE = "POST /videos/generate"
BRIEFLY = timedelta(milliseconds=50)


async def abandon(customer: Customer, *, when: Callable[[], Awaitable[object]]) -> None:
    """Order a video and leave without an answer once `when` has happened."""
    ordering = asyncio.create_task(customer.order())
    await when()
    ordering.cancel()
    await asyncio.wait([ordering])
    assert ordering.cancelled()


async def test_reset_before_orders_nothing(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, ResetBefore())

    with pytest.raises(aiohttp.ClientConnectionError):
        await customer.order()

    assert (powerpost.generations, customer.account.balance) == ([], 100)
    assert [request.status for request in powerpost.requests] == [None]


async def test_reset_after_has_charged_the_order(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, ResetAfter())

    with pytest.raises(aiohttp.ClientConnectionError):
        await customer.order()

    assert (len(powerpost.generations), customer.account.balance) == (1, 85)
    assert [request.status for request in powerpost.requests] == [None]


async def test_reset_is_a_reset_and_not_a_close(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add("GET /account/credits", ResetBefore())
    reader, writer = await asyncio.open_connection("127.0.0.1", int(powerpost.origin.rsplit(":", 1)[1]))
    writer.write(b"GET /api/v1/account/credits HTTP/1.1\r\nHost: powerpost\r\n\r\n")

    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()


async def test_reset_during_an_upload_keeps_nothing(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add("POST /media/upload", ResetBefore())

    with pytest.raises(aiohttp.ClientError):
        await customer.upload(picture().ljust(5_000_000, b"\0"))

    assert powerpost.uploads == []


async def test_hang_before_orders_nothing(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, HangBefore())

    await abandon(customer, when=lambda: powerpost.wait_for(lambda: powerpost.requests))

    assert (powerpost.generations, customer.account.balance) == ([], 100)


async def test_short_hang_before_orders_although_the_client_has_left(
    customer: Customer, powerpost: PowerPostSandbox
) -> None:
    powerpost.faults.add(GENERATE, HangBefore(BRIEFLY))

    await abandon(customer, when=lambda: powerpost.wait_for(lambda: powerpost.requests))

    await powerpost.wait_for(lambda: powerpost.generations)
    assert customer.account.balance == 85


async def test_hang_after_has_charged_the_order(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, HangAfter())

    await abandon(customer, when=lambda: powerpost.wait_for(lambda: powerpost.generations))

    assert (len(powerpost.generations), customer.account.balance) == (1, 85)
    assert powerpost.requests[0].status is None


@pytest.mark.parametrize("fault", [HangBefore(BRIEFLY), HangAfter(BRIEFLY)])
async def test_short_hang_is_answered_in_the_end(customer: Customer, powerpost: PowerPostSandbox, fault: Fault) -> None:
    powerpost.faults.add(GENERATE, fault)

    assert (await customer.order()).json["remaining_credits"] == 85


async def test_hanging_requests_do_not_keep_the_server_open(session: aiohttp.ClientSession, clips: TinyClips) -> None:
    async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
        async with PowerPostSandbox(render=clips) as powerpost:
            powerpost.faults.add(GENERATE, HangBefore())
            customer = Customer(session, powerpost.base_url, powerpost.add_account())
            hanging = tasks.create_task(end_of(customer.order()))
            await powerpost.wait_for(lambda: powerpost.requests)
        assert isinstance(await hanging, aiohttp.ClientConnectionError)
        assert powerpost.generations == []


async def test_slow_trickle_delivers_the_whole_answer(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, SlowTrickle(pause=timedelta(milliseconds=1), piece=8))

    reply = await customer.order()

    assert reply.json["credits_used"] == 15
    assert "X-RateLimit-Remaining" in reply.headers


async def test_slow_trickle_has_charged_a_client_that_leaves(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, SlowTrickle(pause=timedelta(seconds=1), piece=8))

    await abandon(
        customer, when=lambda: powerpost.wait_for(lambda: powerpost.requests and powerpost.requests[0].status)
    )

    assert (len(powerpost.generations), powerpost.requests[0].status) == (1, 200)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=b"])
async def test_client_that_dies_during_its_request_orders_nothing(
    customer: Customer, powerpost: PowerPostSandbox, caplog: pytest.LogCaptureFixture, content_type: str
) -> None:
    route = GENERATE if content_type.endswith("json") else "POST /media/upload"
    headers = {**customer.headers, "Host": "powerpost", "Content-Type": content_type, "Content-Length": "500"}
    head = [f"{route.replace(' /', ' /api/v1/')} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    _, writer = await asyncio.open_connection("127.0.0.1", int(powerpost.origin.rsplit(":", 1)[1]))

    writer.write("\r\n".join([*head, "", "--b"]).encode())
    await writer.drain()
    writer.close()

    await powerpost.wait_for(lambda: powerpost.requests)
    assert (powerpost.generations, powerpost.uploads, powerpost.requests[0].status) == ([], [], None)
    assert caplog.records == []


async def end_of(order: Awaitable[object]) -> BaseException | None:
    """The error that a request ended with."""
    try:
        await order
    except aiohttp.ClientError as error:
        return error
    return None
