"""The deadlines and the order of answers to an interaction."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.discord import AnswerKind, DiscordSandbox, Interaction, MovableClock, TextChannel
from sandbox.discord.events import Event

from .conftest import ECHO, Rest

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, AUTOCOMPLETE, MODAL = 4, 5, 6, 7, 8, 9
EPHEMERAL, COMPONENTS_V2 = 1 << 6, 1 << 15
TEXT = {"type": 10, "content": "hello"}
BUTTON = {"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}


@pytest.fixture
async def use(rest: Rest, channel: TextChannel) -> Interaction:
    """Mia has just used a command that nobody has answered."""
    await rest.register(ECHO)
    return await channel.guild.add_member("Mia").slash(channel, "echo")


async def test_answer_within_three_seconds_is_accepted_once(rest: Rest, use: Interaction) -> None:
    assert (await rest.respond(use, MESSAGE, {"content": "hi"}))[0] == 200
    status, refusal = await rest.respond(use, MESSAGE, {"content": "hi again"})
    assert (status, refusal["code"]) == (400, 40060)
    assert [message.text for message in use.channel.messages] == ["hi"]


async def test_answer_after_three_seconds_is_unknown(rest: Rest, use: Interaction, clock: MovableClock) -> None:
    clock.advance(timedelta(seconds=3.1))
    status, refusal = await rest.respond(use, DEFERRED)
    assert (status, refusal["code"]) == (404, 10062)
    with pytest.raises(TimeoutError, match="an answer to 'echo' by Mia did not happen"):
        await use.first_response(timeout=0.01)
    assert await rest.code("PATCH", rest.webhook(use, "/messages/@original"), {"content": "late"}) == 10015


async def test_token_is_useless_before_the_first_answer(rest: Rest, use: Interaction) -> None:
    assert await rest.code("POST", rest.webhook(use), {"content": "too early"}) == 10015


async def test_token_expires_after_fifteen_minutes_but_the_message_stays_editable(
    rest: Rest, use: Interaction, clock: MovableClock
) -> None:
    await rest.respond(use, MESSAGE, {"content": "working"})
    clock.advance(timedelta(minutes=14, seconds=59))
    assert (await rest("PATCH", rest.webhook(use, "/messages/@original"), {"content": "still"}))[0] == 200
    clock.advance(timedelta(seconds=2))
    status, refusal = await rest("PATCH", rest.webhook(use, "/messages/@original"), {"content": "dead"})
    assert (status, refusal["code"]) == (401, 50027)
    message = use.channel.messages[0]
    path = f"/channels/{use.channel.id}/messages/{message.id}"
    assert (await rest("PATCH", path, {"content": "by the channel"}))[0] == 200
    assert message.text == "by the channel"


async def test_ephemeral_answer_is_unknown_to_the_channel_endpoint(rest: Rest, use: Interaction) -> None:
    _, answer = await rest.respond(use, MESSAGE, {"content": "psst", "flags": EPHEMERAL})
    path = f"/channels/{use.channel.id}/messages/{answer['resource']['message']['id']}"
    assert answer["interaction"]["response_message_ephemeral"] is True
    assert await rest.code("GET", path) == 10008
    assert await rest.code("PATCH", path, {"content": "louder"}) == 10008
    assert (await rest("PATCH", rest.webhook(use, "/messages/@original"), {"content": "psst!"}))[0] == 200


async def test_deferred_answer_allows_only_the_ephemeral_flag(rest: Rest, use: Interaction) -> None:
    status, refusal = await rest.respond(use, DEFERRED, {"flags": COMPONENTS_V2})
    assert (status, refusal["code"]) == (400, 50035)
    assert "flags" in refusal["errors"]["data"]
    assert (await rest.respond(use, DEFERRED, {"flags": EPHEMERAL}))[0] == 200
    await rest("PATCH", rest.webhook(use, "/messages/@original"), {"components": [TEXT], "flags": COMPONENTS_V2})
    assert use.answer is not None
    assert use.answer.message is not None
    assert (use.answer.message.text, use.answer.message.ephemeral) == ("hello", True)


async def test_first_follow_up_replaces_a_deferred_answer(rest: Rest, use: Interaction) -> None:
    await rest.respond(use, DEFERRED)
    _, first = await rest("POST", rest.webhook(use), {"content": "here it is"})
    _, second = await rest("POST", rest.webhook(use), {"content": "and more"})
    assert [message.text for message in use.channel.messages] == ["here it is", "and more"]
    assert first["id"] == str(use.channel.messages[0].id)
    assert (await rest("GET", rest.webhook(use, f"/messages/{second['id']}")))[1]["content"] == "and more"
    assert (await rest("DELETE", rest.webhook(use, f"/messages/{second['id']}")))[0] == 204
    assert await rest.code("GET", rest.webhook(use, f"/messages/{second['id']}")) == 10008


async def test_component_changes_its_message_or_opens_a_modal(rest: Rest, use: Interaction) -> None:
    await rest.respond(use, MESSAGE, {"content": "press", "components": [BUTTON]})
    mia, message = use.member, use.channel.messages[0]
    assert mia is not None
    update = await mia.press(message, "Go")
    await rest.respond(update, UPDATE, {"content": "pressed"})
    silent = await mia.press(message, "go")
    await rest.respond(silent, DEFERRED_UPDATE)
    await rest("PATCH", rest.webhook(silent, "/messages/@original"), {"content": "pressed twice"})
    assert update.answer is not None
    assert silent.answer is not None
    assert (update.answer.kind, silent.answer.kind) == (AnswerKind.UPDATE, AnswerKind.DEFERRED_UPDATE)
    assert [version.text for version in message.versions] == ["press", "pressed", "pressed twice"]


@pytest.mark.parametrize("kind", [DEFERRED_UPDATE, UPDATE, AUTOCOMPLETE, 1, 77])
async def test_commands_refuse_other_kinds_of_answers(rest: Rest, use: Interaction, kind: int) -> None:
    status, refusal = await rest.respond(use, kind, {"content": "no"})
    assert (status, refusal["code"]) == (400, 50035)
    assert "type" in refusal["errors"]


async def test_modal_cannot_answer_a_modal(rest: Rest, use: Interaction) -> None:
    field = {"type": 4, "custom_id": "name", "style": 1}
    modal = {"title": "Who", "custom_id": "who", "components": [{"type": 18, "label": "Name", "component": field}]}
    await rest.respond(use, MODAL, modal)
    assert use.member is not None
    sent = await use.member.submit_modal(await use.first_response(), {"name": "Mia"})
    assert (await rest.respond(sent, MODAL, modal))[0] == 400
    assert (await rest.respond(sent, MESSAGE, {"content": "hi"}))[0] == 200


async def test_unknown_tokens_and_foreign_applications_are_refused(rest: Rest, use: Interaction) -> None:
    assert await rest.code("POST", f"/interactions/{use.id}/nonsense/callback", {"type": 5}) == 10062
    assert await rest.code("POST", f"/interactions/{use.id + 1}/{use.token}/callback", {"type": 5}) == 10062
    await rest.respond(use, DEFERRED)
    assert await rest.code("POST", f"/webhooks/123/{use.token}", {"content": "x"}) == 10015


async def test_interaction_says_where_it_happened_and_for_whom(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    await rest.register(ECHO)
    heard: list[Event] = []
    sandbox.world.listeners.append(heard.append)
    mia = channel.guild.add_member("Mia", locale="de", permissions=1 << 13)
    await mia.slash(channel, "echo")
    await mia.slash(mia.direct_channel, "echo")
    in_guild, direct = [event.payload for event in heard if event.name == "INTERACTION_CREATE"]
    assert (in_guild["context"], direct["context"]) == (0, 1)
    assert (in_guild["locale"], in_guild["guild_locale"]) == ("de", "en-US")
    assert in_guild["authorizing_integration_owners"] == {"0": str(channel.guild.id)}
    assert int(in_guild["member"]["permissions"]) & 1 << 13
    assert int(in_guild["app_permissions"]) == int(channel.bot_permissions)
    assert "user" not in in_guild
    assert direct["user"]["id"] == str(mia.id)
    assert "member" not in direct
