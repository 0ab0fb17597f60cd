"""`POST /videos/generate`: every documented rule."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from sandbox.powerpost import MODELS, PowerPostSandbox, price
from sandbox.powerpost.orders import is_uuid

from .customer import ORDER, Customer, picture

COMBINATIONS = [
    (model.id, duration, has_audio)
    for model in MODELS.values()
    for duration in model.durations
    for has_audio in {False, model.has_audio}
]


async def test_order_is_answered_with_exactly_the_documented_fields(customer: Customer) -> None:
    reply = await customer.order()

    generation_id = reply.json["video_generation_id"]
    assert is_uuid(generation_id)
    assert reply.status == 200
    assert reply.json == {
        "video_generation_id": generation_id,
        "status": "processing",
        "credits_used": 15,
        "remaining_credits": 85,
        "status_url": f"/api/v1/videos/generations/{generation_id}",
    }


async def test_order_takes_the_documented_defaults(customer: Customer, powerpost: PowerPostSandbox) -> None:
    await customer.order()

    order = powerpost.generations[0].order
    assert (order.size, order.model, order.has_audio, order.enhance_prompt, order.source_image) == (
        "landscape",
        "kling-3.0-pro",
        False,
        False,
        None,
    )


@pytest.mark.parametrize(("model", "duration", "has_audio"), COMBINATIONS)
async def test_order_is_charged_by_the_price_list(
    customer: Customer, model: str, duration: int, has_audio: bool
) -> None:
    reply = await customer.order(model=model, duration=duration, has_audio=has_audio)

    assert reply.json["credits_used"] == price(model, duration, has_audio=has_audio)
    assert (await customer.credits()).json["balance"] == 100 - reply.json["credits_used"]


def test_price_list_refuses_unknown_combinations() -> None:
    with pytest.raises(KeyError):
        price("runway-gen-4.5", 5, has_audio=True)
    with pytest.raises(KeyError):
        price("kling-3.0-pro", 7)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": " \n"}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"size": "square"}, "size"),
        ({"size": None}, "size"),
        ({"size": ["landscape"]}, "size"),
        ({"duration": None}, "duration"),
        ({"duration": 4}, "duration"),
        ({"duration": 5.0}, "duration"),
        ({"duration": "5"}, "duration"),
        ({"duration": True}, "duration"),
        ({"model": "veo-3.1", "duration": 5}, "duration"),
        ({"model": "runway-gen-4.5", "duration": 8}, "duration"),
        ({"model": "sora"}, "model"),
        ({"model": None}, "model"),
        ({"has_audio": "yes"}, "has_audio"),
        ({"model": "runway-gen-4.5", "has_audio": True}, "audio"),
        ({"enhance_prompt": 1}, "enhance_prompt"),
        ({"source_image": "dog.png"}, "source_image"),
        ({"source_image": None}, "source_image"),
        ({"source_image": str(uuid4())}, "source_image"),
    ],
)
async def test_invalid_order_is_refused_and_not_charged(
    customer: Customer, powerpost: PowerPostSandbox, fields: dict[str, Any], named: str
) -> None:
    reply = await customer.order(**fields)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")
    assert named in reply.message
    assert (powerpost.generations, customer.account.balance) == ([], 100)


@pytest.mark.parametrize("field", list(ORDER))
async def test_order_without_a_required_field_is_refused(customer: Customer, field: str) -> None:
    body = {name: value for name, value in ORDER.items() if name != field}

    reply = await customer.call("POST", "/videos/generate", json=body)

    assert (reply.status, reply.code, reply.message) == (400, "VALIDATION_ERROR", f"{field} is required")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff"])
async def test_order_that_is_not_a_json_object_is_refused(customer: Customer, body: bytes) -> None:
    reply = await customer.call("POST", "/videos/generate", data=body)

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(("model", "limit"), [("veo-3.1", 3000), ("kling-3.0-pro", 2500), ("runway-gen-4.5", 1000)])
async def test_prompt_may_be_as_long_as_the_model_allows(customer: Customer, model: str, limit: int) -> None:
    duration = MODELS[model].durations[0]

    assert (await customer.order(model=model, duration=duration, prompt="é" * limit)).status == 200
    refused = await customer.order(model=model, duration=duration, prompt="é" * (limit + 1))

    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert str(limit) in refused.message


async def test_order_beyond_the_balance_is_refused_and_not_charged(
    customer: Customer, powerpost: PowerPostSandbox
) -> None:
    for _ in range(6):
        await customer.order()

    reply = await customer.order()

    assert (reply.status, reply.code) == (402, "INSUFFICIENT_CREDITS")
    assert (len(powerpost.generations), customer.account.balance) == (6, 10)


async def test_order_with_an_image_names_the_upload(customer: Customer, powerpost: PowerPostSandbox) -> None:
    media_id = (await customer.upload(picture())).json["media_id"]

    assert (await customer.order(source_image=media_id)).status == 200
    assert powerpost.generations[0].order.source_image == media_id


async def test_order_with_an_image_of_another_workspace_is_refused(customer: Customer, stranger: Customer) -> None:
    media_id = (await stranger.upload(picture())).json["media_id"]

    assert (await customer.order(source_image=media_id)).code == "VALIDATION_ERROR"
