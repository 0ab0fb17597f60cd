"""What the ledger records, and that it notices when something does not add up."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.powerpost import ManualClock, MovementKind, PowerPostSandbox, Totals

from .conftest import GENERATION_TIME
from .customer import ORDER, Customer


async def test_totals_add_up_over_charges_and_refunds(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    powerpost.production.fail_next()
    await customer.order()
    await customer.order()
    clock.advance(GENERATION_TIME)
    await powerpost.wait_for(lambda: all(generation.status.finished for generation in powerpost.generations))

    totals = customer.account.totals()

    assert totals == Totals(granted=100, charged=30, refunded=15, balance=85)
    assert totals.balanced


async def test_last_credits_are_spent_once_by_simultaneous_orders(
    customer: Customer, powerpost: PowerPostSandbox
) -> None:
    replies = await asyncio.gather(*(customer.order() for _ in range(20)))

    assert sorted(reply.status for reply in replies) == [200] * 6 + [402] * 14
    assert (len(powerpost.generations), customer.account.balance) == (6, 10)


async def test_granted_credits_can_be_spent(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.ledger.grant(customer.account, 50)

    assert (await customer.credits()).json["balance"] == 150


async def test_generation_records_what_was_ordered(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    await customer.order(prompt="A dog", enhance_prompt=True)

    generation = powerpost.generations[0]
    assert (generation.order.prompt, generation.order.enhance_prompt, generation.credits) == ("A dog", True, 15)
    assert generation.account_id == customer.account.id
    assert generation.workspace_id == customer.account.workspace_id
    assert generation.ordered_at == clock.now()


async def test_requests_are_recorded_without_their_secrets(customer: Customer, powerpost: PowerPostSandbox) -> None:
    await customer.order()

    request = powerpost.requests[0]
    assert (request.method, request.route, request.path) == (
        "POST",
        "POST /videos/generate",
        "/api/v1/videos/generate",
    )
    assert (request.json, request.status, request.account_id) == (ORDER, 200, customer.account.id)
    assert request.headers["X-Workspace-Id"] == customer.account.workspace_id
    assert customer.account.api_key not in repr(request)


async def test_discrepancies_name_an_order_that_was_charged_twice(
    customer: Customer, powerpost: PowerPostSandbox
) -> None:
    await customer.order()
    movements = customer.account.movements
    movements.append(movements[-1])

    problems = powerpost.ledger.discrepancies()

    assert [movement.kind for movement in movements[-2:]] == [MovementKind.CHARGE] * 2
    assert len(problems) == 2
    assert powerpost.generations[0].id in problems[1]
    movements.pop()


async def test_waiting_ends_with_the_awaited_change(customer: Customer, powerpost: PowerPostSandbox) -> None:
    waiting = asyncio.create_task(powerpost.wait_for(lambda: powerpost.generations))
    order = await customer.order()

    assert (await waiting)[0].id == order.json["video_generation_id"]


async def test_waiting_ends_with_the_timeout(powerpost: PowerPostSandbox) -> None:
    with pytest.raises(TimeoutError):
        await powerpost.wait_for(lambda: powerpost.generations, timeout=0.01)
