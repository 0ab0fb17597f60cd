"""The rate limit, and the headers of every answer."""

from __future__ import annotations

from datetime import timedelta

from sandbox.powerpost import ManualClock, PowerPostSandbox

from .customer import Customer


async def test_every_answer_has_the_remaining_requests_and_an_id(
    customer: Customer, powerpost: PowerPostSandbox
) -> None:
    first, second = await customer.credits(), await customer.order(prompt="")

    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == ("30", "29")
    assert second.headers["X-RateLimit-Remaining"] == "28"
    assert first.headers["X-RateLimit-Reset"] == second.headers["X-RateLimit-Reset"] == "1773223260"
    assert [request.request_id for request in powerpost.requests] == [
        first.headers["X-Request-Id"],
        second.headers["X-Request-Id"],
    ]


async def test_refused_key_gets_the_headers_too(customer: Customer) -> None:
    reply = await customer.call("GET", "/account/credits", headers={})

    expected = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-Request-Id")
    assert [name for name in expected if name not in reply.headers] == []


async def test_request_beyond_the_limit_waits_for_the_next_window(customer: Customer, clock: ManualClock) -> None:
    customer.account.rate_limit = 2
    await customer.credits()
    clock.advance(timedelta(seconds=20))
    await customer.credits()

    refused = await customer.credits()
    assert (refused.status, refused.code) == (429, "RATE_LIMIT_EXCEEDED")
    assert refused.json["retryAfter"] == 40
    assert refused.headers["X-RateLimit-Remaining"] == "0"

    clock.advance(timedelta(seconds=39))
    assert (await customer.credits()).json["retryAfter"] == 1
    clock.advance(timedelta(seconds=1))
    assert (await customer.credits()).headers["X-RateLimit-Remaining"] == "1"


async def test_each_account_has_its_own_limit(customer: Customer, stranger: Customer) -> None:
    customer.account.rate_limit = 0
    stranger.account.rate_limit = 600

    assert (await customer.credits()).status == 429
    assert (await stranger.credits()).headers["X-RateLimit-Limit"] == "600"


async def test_order_beyond_the_limit_is_not_made(customer: Customer, powerpost: PowerPostSandbox) -> None:
    customer.account.rate_limit = 0

    assert (await customer.order()).status == 429
    assert (powerpost.generations, customer.account.balance) == ([], 100)
