"""Every video that the catalogue offers, ordered as a member would and played to the end.

All are ordered at once from one bot, since that is how a community uses it; each has its own test.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.domain.catalogue import MODELS, Size
from sandbox.discord import Message
from sandbox.powerpost import FullClips, price
from tests.e2e.clips import Clip, read_clip
from tests.e2e.product import STARTING_CREDITS, Product, open_product

pytestmark = pytest.mark.asyncio(loop_scope="module")

Combination = tuple[str, int, bool, Size]

COMBINATIONS: list[Combination] = [
    (model.id, duration, audio, size)
    for model in MODELS
    for duration in model.durations
    for audio in ([False, True] if model.has_audio else [False])
    for size in model.sizes
]
PIXELS = {Size.LANDSCAPE: (1920, 1080), Size.PORTRAIT: (1080, 1920)}


class Screening:
    """The product, and the message of each order."""

    def __init__(self, product: Product, messages: dict[Combination, Message]) -> None:
        self.product = product
        self.messages = messages


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def screening(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Screening]:
    async with open_product(tmp_path_factory.mktemp("catalogue"), render=FullClips()) as product:
        await product.start_bot()
        yield Screening(product, {combination: await _order(product, combination) for combination in COMBINATIONS})


async def _order(product: Product, combination: Combination) -> Message:
    model, duration, audio, size = combination
    answer = await product.video(f"{model} {duration} s", model=model, duration=duration, audio=audio, size=size.value)
    assert answer.message is not None
    assert not answer.ephemeral
    return answer.message


def _name(combination: Combination) -> str:
    model, duration, audio, size = combination
    return f"{model}-{duration}s-{'sound' if audio else 'silent'}-{size}"


@pytest.mark.parametrize("combination", COMBINATIONS, ids=_name)
async def test_every_combination_becomes_the_clip_that_was_asked_for(
    screening: Screening, combination: Combination
) -> None:
    model, duration, audio, size = combination

    message = await screening.product.finished(screening.messages[combination])

    path = message.media[0].path
    assert path is not None
    width, height = PIXELS[size]
    assert read_clip(path) == Clip("h264", width, height, duration, "aac" if audio else None)
    cost = price(model, duration, has_audio=audio)
    assert f"It cost {cost} credits" in message.text


async def test_the_books_after_all_of_them_agree_with_powerpost_to_the_credit(screening: Screening) -> None:
    balance = await screening.product.settled()

    assert balance.spent == sum(price(model, duration, has_audio=audio) for model, duration, audio, _ in COMBINATIONS)
    assert balance.available == STARTING_CREDITS - balance.spent
    assert screening.product.orders == len(COMBINATIONS)
