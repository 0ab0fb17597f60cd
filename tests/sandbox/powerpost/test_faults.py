"""Planning faults, and those that give a wrong answer."""

from __future__ import annotations

import json

import pytest

from sandbox.powerpost import ManualClock, PowerPostSandbox
from sandbox.powerpost.faults import (
    Answer,
    AnswerAfter,
    ExtraFields,
    HtmlPage,
    TooManyRequests,
    TruncatedJson,
    UnknownStatus,
    VideoElsewhere,
)

from .conftest import GENERATION_TIME
from .customer import Customer

GENERATE = "POST /videos/generate"
STATUS = "GET /videos/generations/{id}"
CREDITS = "GET /account/credits"


async def test_fault_applies_to_a_number_of_requests(customer: Customer, powerpost: PowerPostSandbox) -> None:
    planned = powerpost.faults.add(CREDITS, Answer(), times=2)

    assert [(await customer.credits()).status for _ in range(3)] == [500, 500, 200]
    assert (planned.applied, planned.remaining) == (2, 0)


async def test_fault_applies_only_to_its_route(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(STATUS, Answer())

    assert (await customer.order()).status == 200
    assert (await customer.call("GET", "/videos/generations/x")).status == 500


async def test_permanent_fault_lasts_until_it_is_removed(customer: Customer, powerpost: PowerPostSandbox) -> None:
    planned = powerpost.faults.add(CREDITS, Answer(), times=None)
    assert [(await customer.credits()).status for _ in range(3)] == [500] * 3

    powerpost.faults.remove(planned)

    assert (await customer.credits()).status == 200


async def test_fault_applies_only_to_requests_that_match(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, Answer(), when=lambda request: "storm" in request.json["prompt"])

    assert (await customer.order(prompt="calm")).status == 200
    assert (await customer.order(prompt="storm")).status == 500


async def test_faults_follow_one_another(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(CREDITS, Answer(503, "later"))
    powerpost.faults.add(CREDITS, HtmlPage())
    powerpost.faults.add(CREDITS, Answer())
    assert [(await customer.credits()).status for _ in range(2)] == [503, 502]

    powerpost.faults.clear()

    assert (await customer.credits()).status == 200


def test_fault_for_an_unknown_route_is_refused(powerpost: PowerPostSandbox) -> None:
    with pytest.raises(ValueError, match="POST /videos/generate"):
        powerpost.faults.add("POST /video/generate", Answer())


async def test_answer_is_sent_as_given_and_orders_nothing(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, Answer(418, {"error": "teapot"}, {"X-Extra": "1"}))

    reply = await customer.order()

    assert (reply.status, reply.json, reply.headers["X-Extra"]) == (418, {"error": "teapot"}, "1")
    assert (powerpost.generations, customer.account.balance) == ([], 100)
    assert powerpost.requests[0].status == 418


async def test_answer_is_an_internal_error_by_default(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, Answer())

    reply = await customer.order()

    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
    assert "X-Request-Id" in reply.headers
    assert powerpost.generations == []


async def test_answer_after_has_charged_the_order(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, AnswerAfter())

    reply = await customer.order()

    assert (reply.status, reply.code) == (500, "INTERNAL_ERROR")
    assert (len(powerpost.generations), customer.account.balance) == (1, 85)


async def test_too_many_requests_says_when_to_retry(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, TooManyRequests(retry_after=7))

    reply = await customer.order()

    assert (reply.status, reply.code, reply.json["retryAfter"]) == (429, "RATE_LIMIT_EXCEEDED", 7)
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert powerpost.generations == []


@pytest.mark.parametrize("status", [500, 502, 200])
async def test_html_page_is_not_json(customer: Customer, powerpost: PowerPostSandbox, status: int) -> None:
    powerpost.faults.add(GENERATE, HtmlPage(status))

    reply = await customer.order()

    assert (reply.status, reply.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert powerpost.generations == []


async def test_truncated_json_has_charged_the_order(customer: Customer, powerpost: PowerPostSandbox) -> None:
    powerpost.faults.add(GENERATE, TruncatedJson())

    with pytest.raises(json.JSONDecodeError):
        await customer.order()

    assert (len(powerpost.generations), customer.account.balance) == (1, 85)


async def test_extra_fields_are_added_to_the_documented_ones(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    order = await customer.order()
    clock.advance(GENERATION_TIME)
    await powerpost.wait_for(lambda: powerpost.generations[0].status.finished)
    powerpost.faults.add(STATUS, ExtraFields({"beta": [1]}))

    answer = (await customer.look(order)).json

    assert answer["beta"] == answer["video"]["beta"] == [1]
    assert answer["status"] == "completed"


async def test_unknown_status_replaces_the_real_one(customer: Customer, powerpost: PowerPostSandbox) -> None:
    order = await customer.order()
    powerpost.faults.add(STATUS, UnknownStatus("upscaling"))

    assert (await customer.look(order)).json["status"] == "upscaling"
    assert (await customer.look(order)).json["status"] == "processing"


async def test_video_elsewhere_points_to_another_host(
    customer: Customer, powerpost: PowerPostSandbox, clock: ManualClock
) -> None:
    powerpost.faults.add(STATUS, VideoElsewhere("http://169.254.169.254/latest"), times=None)
    order = await customer.order()
    assert "video" not in (await customer.look(order)).json

    clock.advance(GENERATION_TIME)
    await powerpost.wait_for(lambda: powerpost.generations[0].status.finished)

    assert (await customer.look(order)).json["video"]["url"] == "http://169.254.169.254/latest"
