"""Text from members and from PowerPost is text: nobody is notified by it, nothing in it is alive, no line is forged."""

from __future__ import annotations

import re

import pytest

from sandbox.discord import Message, Upload
from sandbox.powerpost import GenerationFailure
from sandbox.powerpost.faults import Answer
from tests.e2e.delivery.place import KLING, Place
from tests.e2e.product import STARTING_CREDITS

pytestmark = pytest.mark.asyncio(loop_scope="package")

FORGED_LINE = "\n2026-11-23 12:00:00 CRITICAL bot.app FORGED action=stop\r\n\x1b[31mFORGED\x1b[0m\u2028FORGED\x85FORGED"
MARKUP = (
    "@everyone @here <@{leo}> <@&{role}> <#1> </video:1> <t:0:R> <a:x:1> ||spoiler|| **bold** __u__ `code` ```block```"
    " [nitro](https://evil.example) https://evil.example discord.gg/evil -# small\n# heading\n> quote\n- list"
)
ALIVE = re.compile(r"(?<!\\)(@everyone|@here|<@|<#|</|<t:|<a:|\|\||\*\*|__|`|\]\(|https?://evil)")


async def _markup(place: Place) -> str:
    """Hostile words, and Leo, whom they would like to notify."""
    leo = place.guild.add_member("Leo")
    role = place.guild.add_role("Everybody", mentionable=True)
    leo.roles.append(role)
    return MARKUP.format(leo=leo.id, role=role.id)


def _notified(place: Place) -> dict[str, int]:
    people = [member for member in place.guild.members.values() if not member.user.bot]
    return {member.name: len(member.notifications) for member in people if member.notifications}


def _quoted(message: Message) -> list[str]:
    """What was said with somebody else's words: all lines but those that end with the requester's mention."""
    return [line for version in message.versions for line in version.text.splitlines() if "Requested by" not in line]


async def test_a_prompt_full_of_markup_is_read_as_it_was_written(place: Place) -> None:
    message = await place.being_made(await _markup(place))
    place.finish()
    await place.delivered()
    await place.pinged()

    assert _notified(place) == {"Mia": 1}
    prompts = [line for line in _quoted(message) if line.startswith("> ")]
    assert prompts
    assert [line for line in prompts if ALIVE.search(line)] == []
    assert len(message.media) == 1, "the video, and nothing that a prompt could embed"
    assert ALIVE.search((await place.history()).splitlines()[1]) is None


@pytest.mark.parametrize("length", [1, 1_000])
async def test_powerposts_refusal_is_quoted_as_text_and_in_brief(place: Place, length: int) -> None:
    hostile = (await _markup(place) + FORGED_LINE) * length
    body = {"error": {"code": f"VALIDATION_ERROR{FORGED_LINE}", "message": hostile, "details": hostile}}
    place.product.powerpost.faults.add("POST /videos/generate", Answer(400, body, {"X-Request-Id": "a<@1>b"}))

    message = await place.ordered()
    await place.product.says(message, "You were not charged.")

    assert _notified(place) == {}
    assert [line for line in _quoted(message)[-3:] if ALIVE.search(line.replace("`/history`", ""))] == []
    assert len(message.text) < 2000
    assert (await place.balance()).available == STARTING_CREDITS


async def test_a_failed_generations_reason_is_quoted_as_text(place: Place) -> None:
    hostile = await _markup(place) + FORGED_LINE
    place.product.powerpost.production.fail_next(failure=GenerationFailure(code=hostile, message=hostile))

    message = await place.ordered()
    place.finish()
    await place.product.says(message, "You were not charged.")

    assert _notified(place) == {}
    assert [line for line in _quoted(message)[-3:] if ALIVE.search(line)] == []


@pytest.mark.parametrize(
    "body", ["\x00" * 100, "[" * 100_000, "{" * 2_000_000, "null", '"\\ud800"'], ids=lambda b: b[:3]
)
async def test_an_answer_that_nobody_can_read_leaves_the_order_unconfirmed(place: Place, body: str) -> None:
    place.product.powerpost.faults.add("POST /videos/generate", Answer(200, body))

    message = await place.ordered()

    await place.product.says(message, "You will not be charged twice.")
    assert (await place.balance()).reserved == KLING
    await _answered_clearly(place)


async def _answered_clearly(place: Place) -> None:
    """After two orders in a row without a clear answer, those of the stories after this one would wait."""
    await place.being_made()
    place.finish()


async def test_no_text_of_anybody_forges_a_line_of_the_log(place: Place) -> None:
    discord, powerpost = place.product.discord, place.product.powerpost
    guild = discord.add_guild(f"Evil{FORGED_LINE}")
    channel, eve = guild.add_channel(f"evil{FORGED_LINE}"), guild.add_member(f"Eve{FORGED_LINE}")
    discord.faults.answer("PATCH", "*", status=400, code=50035, message=f"Bad{FORGED_LINE}", times=2)
    powerpost.faults.add("POST /videos/generate", Answer(400, {"error": {"code": FORGED_LINE, "message": FORGED_LINE}}))
    picture = Upload(f"a{FORGED_LINE}.png", b"no picture", "image/png")

    await (await eve.slash(channel, "video", prompt=FORGED_LINE, image=picture)).first_response()
    answer = await (await eve.slash(channel, "video", prompt=f"A cat{FORGED_LINE}")).first_response()
    assert answer.message is not None
    await discord.wait_for(lambda: [m for m in channel.messages if "not charged" in m.text], timeout=30)

    lines = place.product.log.split("\n")
    assert [line for line in lines if line and not re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ |    ", line)] == []
    assert [line for line in lines if re.match(r"[-\d]+ [:\d]+ CRITICAL", line)] == []
    assert "\x1b" not in place.product.log
    assert "A cat" not in place.product.log, "prompts are not logged"
