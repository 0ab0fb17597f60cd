"""Every request that is refused: privately, in words that help, with nothing sent to PowerPost and nothing charged.

One bot serves all of them, since a refusal leaves nothing behind; that is what the last line of each test checks.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.discord import Answer, Permissions, Upload
from tests.e2e.pictures import picture, png_claiming
from tests.e2e.product import STARTING_CREDITS, OptionValue, Product, open_product

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with open_product(tmp_path_factory.mktemp("refusals")) as opened:
        await opened.start_bot()
        yield opened


REQUESTS: dict[str, tuple[str, dict[str, OptionValue], str]] = {
    "blank": ("   ", {}, "The prompt is empty"),
    "invisible": ("\u200b\u2060\u200b", {}, "The prompt is empty"),
    "too long for Runway": ("x" * 1001, {"model": "runway-gen-4.5"}, "up to 1000 characters"),
    "too long for Kling": ("x" * 2501, {}, "up to 2500 characters"),
    "Kling, 4 seconds": ("A cat", {"duration": 4}, "Kling 3.0 Pro makes videos of 5 or 10 seconds"),
    "Veo, 5 seconds": ("A cat", {"model": "veo-3.1", "duration": 5}, "Veo 3.1 makes videos of 4 or 8 seconds"),
    "Runway, -1 seconds": ("A cat", {"model": "runway-gen-4.5", "duration": -1}, "5 or 10 seconds"),
    "Runway with sound": ("A cat", {"model": "runway-gen-4.5", "audio": True}, "only makes silent videos"),
}


@pytest.mark.parametrize("kind", REQUESTS)
async def test_a_request_that_breaks_a_rule_is_refused_with_the_rule(product: Product, kind: str) -> None:
    prompt, options, words = REQUESTS[kind]

    answer = await product.video(prompt, **options)

    await _expect_refusal(product, answer, words)


PICTURES: dict[str, tuple[Upload, str]] = {
    "a GIF": (Upload("cat.gif", picture("GIF"), "image/gif"), "JPEG, PNG or WebP"),
    "a GIF named .png": (Upload("cat.png", picture("GIF"), "image/png"), "is not a JPEG, PNG or WebP picture"),
    "text named .jpg": (
        Upload("cat.jpg", b"<svg onload=alert(1)>", "image/jpeg"),
        "is not a JPEG, PNG or WebP picture",
    ),
    "11 MB": (Upload("cat.png", b"\0" * 11_000_000, "image/png"), "10 MB"),
    "0 bytes": (Upload("cat.png", b"", "image/png"), "empty"),
    "30,000 × 30,000": (Upload("cat.png", png_claiming(30_000, 30_000), "image/png"), "too large"),
    "9,000 × 9,000": (Upload("cat.png", png_claiming(9_000, 9_000), "image/png"), "9000×9000 pixels"),
    "one pixel": (Upload("cat.png", picture("PNG", 1, 1), "image/png"), "1×1 pixels"),
}


@pytest.mark.parametrize("kind", PICTURES)
async def test_a_picture_that_cannot_be_animated_is_refused(product: Product, kind: str) -> None:
    upload, words = PICTURES[kind]

    answer = await product.video(image=upload)

    await _expect_refusal(product, answer, words)


async def test_a_server_without_enough_credits_is_told_the_price_and_what_is_left(product: Product) -> None:
    code, _ = await product.command("credits", "revoke", str(product.guild.id), "990", "--reason", "a test")
    assert code == 0

    answer = await product.video()

    await product.command("credits", "grant", str(product.guild.id), "990", "--reason", "a test")
    assert answer.message is not None
    assert "about 15 credits" in answer.message.text
    assert "has 10 left" in answer.message.text
    await _expect_refusal(product, answer, "Nothing was spent")


async def test_a_channel_where_the_bot_may_not_attach_files_is_refused_by_name(product: Product) -> None:
    channel = product.guild.add_channel("no-files")
    channel.deny_bot(Permissions.ATTACH_FILES)

    use = await product.mia.slash(channel, "video", prompt="A cat")
    answer = await use.first_response()

    await _expect_refusal(product, answer, "Attach Files")


async def _expect_refusal(product: Product, answer: Answer, words: str) -> None:
    assert answer.message is not None
    assert words in answer.message.text
    assert answer.ephemeral
    assert product.orders == 0
    assert product.powerpost.uploads == []
    assert await product.jobs() == []
    assert (await product.balance()).available == STARTING_CREDITS
