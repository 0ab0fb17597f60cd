"""`POST /media/upload`."""

from __future__ import annotations

import aiohttp
import pytest

from sandbox.powerpost import PowerPostSandbox
from sandbox.powerpost.images import LARGEST_IMAGE
from sandbox.powerpost.orders import is_uuid

from .customer import Customer, picture


@pytest.mark.parametrize(
    ("image_format", "mime_type"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")]
)
async def test_upload_is_answered_with_exactly_the_documented_fields(
    customer: Customer, image_format: str, mime_type: str
) -> None:
    content = picture(image_format)

    reply = await customer.upload(content, name="holiday.bin")

    assert is_uuid(reply.json["media_id"])
    assert reply.json == {
        "media_id": reply.json["media_id"],
        "type": "image",
        "file_name": "holiday.bin",
        "file_size": len(content),
        "mime_type": mime_type,
        "created_at": "2026-03-11T10:00:00Z",
    }


async def test_upload_is_recorded(customer: Customer, powerpost: PowerPostSandbox) -> None:
    reply = await customer.upload(picture())

    upload = powerpost.uploads[0]
    assert (upload.media_id, upload.workspace_id) == (reply.json["media_id"], customer.account.workspace_id)
    assert upload.file.read_bytes() == picture()


@pytest.mark.parametrize(
    "content",
    [b"", b"not an image", picture("GIF"), picture("BMP"), picture()[:60]],
    ids=["empty", "text", "GIF", "BMP", "cut"],
)
async def test_upload_of_anything_but_an_image_is_refused(customer: Customer, content: bytes) -> None:
    reply = await customer.upload(content, name="dog.png")

    assert (reply.status, reply.code) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("media_type", [None, "audio", "video"])
async def test_upload_of_another_type_is_refused(customer: Customer, media_type: str | None) -> None:
    assert (await customer.upload(picture(), media_type=media_type)).code == "VALIDATION_ERROR"


async def test_upload_without_a_file_or_a_form_is_refused(customer: Customer) -> None:
    form = aiohttp.FormData({"type": "image"}, default_to_multipart=True)

    assert (await customer.call("POST", "/media/upload", data=form)).message == "file is required"
    assert (await customer.call("POST", "/media/upload", json={})).code == "VALIDATION_ERROR"


async def test_upload_of_ten_megabytes_is_accepted(customer: Customer) -> None:
    content = picture("PNG").ljust(LARGEST_IMAGE, b"\0")

    assert (await customer.upload(content)).json["file_size"] == LARGEST_IMAGE


async def test_upload_beyond_ten_megabytes_is_too_large(customer: Customer, powerpost: PowerPostSandbox) -> None:
    reply = await customer.upload(picture("PNG").ljust(LARGEST_IMAGE + 1, b"\0"))

    assert (reply.status, reply.code) == (413, "FILE_TOO_LARGE")
    assert powerpost.uploads == []
