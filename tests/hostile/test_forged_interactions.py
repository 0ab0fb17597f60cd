"""Values that Discord's client would never let through are refused in words, and the bot goes on."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.discord import Upload
from sandbox.discord.interactions.record import InteractionType
from tests.e2e.delivery.place import Place
from tests.e2e.pictures import picture, png_claiming
from tests.hostile.forging import ATTACHMENT, INTEGER, PROMPT, forged, option, refusal

pytestmark = pytest.mark.asyncio(loop_scope="package")

HOSTILE_TEXT = "\x00'; DROP TABLE jobs; -- <@1> @everyone \u202e{0}%s" + "A" * 5000

FORGED: dict[str, list[dict[str, Any]]] = {
    "another model": [PROMPT, option("model", "../../etc/passwd")],
    "another size": [PROMPT, option("size", "square")],
    "a size of text without end": [PROMPT, option("size", HOSTILE_TEXT)],
    "no such duration": [PROMPT, option("duration", 7, INTEGER)],
    "a negative duration": [PROMPT, option("duration", -5, INTEGER)],
    "a duration beyond 64 bits": [PROMPT, option("duration", 10**30, INTEGER)],
    "a duration in words": [PROMPT, option("duration", "five", INTEGER)],
    "a prompt of a million characters": [option("prompt", "A" * 1_000_000)],
    "an empty prompt": [option("prompt", "")],
    "a prompt of nothing to be seen": [option("prompt", "\u200b \u2060\n")],
    "no prompt at all": [],
    "a prompt that is a number": [option("prompt", 5, INTEGER)],
    "a picture that does not resolve": [PROMPT, option("image", "12345", ATTACHMENT)],
}


@pytest.mark.parametrize("options", FORGED.values(), ids=FORGED.keys())
async def test_a_forged_option_is_refused_privately_in_words(place: Place, options: list[dict[str, Any]]) -> None:
    place.product.may_log_tracebacks = True
    use = forged(place, *options)

    sentence = await refusal(place, use)

    assert use.answer is not None
    assert use.answer.ephemeral
    assert sentence.endswith((".", "!")) or "Reference" in sentence
    assert len(sentence) < 500


async def test_an_option_that_nobody_offers_is_not_looked_at(place: Place) -> None:
    use = forged(place, PROMPT, option("price", 0, INTEGER), option("guild_id", "1"))

    assert (await use.first_response()).message is not None
    [job] = await place.jobs()
    assert (job.guild_id, job.credits_held) == (place.guild.id, 15)


@pytest.mark.parametrize("typed", ["", "5", HOSTILE_TEXT, "9" * 400, "-1", "1e999", "NaN"], ids=lambda typed: typed[:9])
@pytest.mark.parametrize("model", ["veo-3.1", HOSTILE_TEXT], ids=["known", "unknown"])
async def test_completion_offers_what_there_is_whatever_is_typed(place: Place, typed: str, model: str) -> None:
    options = [option("model", model), option("duration", typed, INTEGER, focused=True)]

    answer = await forged(place, *options, kind=InteractionType.AUTOCOMPLETE).first_response()

    offered = {4, 8} if model == "veo-3.1" else {5, 10}
    assert {choice.value for choice in answer.choices} <= offered
    assert answer.choices


BOMBS = {
    "a PNG that claims 3.6 gigapixels": png_claiming(60_000, 60_000),
    "a PNG that claims a side of 2³¹": png_claiming(2**31 - 1, 1),
    "an archive": b"PK\x03\x04" + bytes(1000),
    "a page": b"<svg onload=alert(1)>",
    "a WebP without a body": b"RIFF\x10\x00\x00\x00WEBPVP8X",
    "a cut JPEG": picture("JPEG")[:200],
    "nothing but a signature": b"\x89PNG\r\n\x1a\n",
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
async def test_a_picture_that_is_a_trap_is_refused_undecoded(place: Place, data: bytes) -> None:
    upload = Upload("holiday.png", data, "image/png")

    use = await place.mia.slash(place.channel, "video", prompt="Snow", image=upload)

    assert "picture" in await refusal(place, use)
    assert place.product.powerpost.uploads == []


async def test_a_picture_larger_than_it_declares_is_read_no_further_than_the_limit(place: Place) -> None:
    place.guild.upload_limit = 2**30
    upload = Upload("holiday.png", picture("PNG") + bytes(11_000_000), "image/png")
    use = await place.mia.slash(place.channel, "video", prompt="Snow", image=upload)
    assert "10 MB" in await refusal(place, use)

    [facts] = use.data["resolved"]["attachments"].values()
    smaller = {"attachments": {facts["id"]: facts | {"size": 1000}}}
    lying = forged(place, PROMPT, option("image", facts["id"], ATTACHMENT), resolved=smaller)

    assert "10 MB" in await refusal(place, lying)
