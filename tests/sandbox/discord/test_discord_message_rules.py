"""Which messages Discord accepts, where, and from whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.discord import DiscordSandbox, MovableClock, NotificationReason, Permissions, TextChannel

from .conftest import Rest

V2 = 1 << 15
SILENT = 1 << 12
TEXT = {"type": 10, "content": "hello"}


def path_of(channel: TextChannel, index: int = -1) -> str:
    return f"/channels/{channel.id}/messages/{channel.messages[index].id}"


async def test_token_is_checked(rest: Rest) -> None:
    assert await rest("GET", "/users/@me", token="wrong") == (401, {"message": "401: Unauthorized", "code": 0})
    assert (await rest("GET", "/users/@me"))[0] == 200


@pytest.mark.parametrize(
    ("denied", "code"),
    [
        (Permissions.VIEW_CHANNEL, 50001),
        (Permissions.SEND_MESSAGES, 50013),
        (Permissions.ATTACH_FILES, 50013),
        (Permissions.EMBED_LINKS, 50013),
        (Permissions.READ_MESSAGE_HISTORY, 50013),
    ],
)
async def test_missing_permission_refuses_a_message(
    rest: Rest, channel: TextChannel, denied: Permissions, code: int
) -> None:
    _, first = await rest.post(channel, content="first")
    message = {
        "embeds": [{"title": "card"}],
        "attachments": [{"id": 0, "filename": "a.txt"}],
        "message_reference": {"message_id": first["id"]},
    }
    path = f"/channels/{channel.id}/messages"
    assert (await rest("POST", path, message, files={"a.txt": b"a"}))[0] == 200
    channel.deny_bot(denied)
    assert await rest.code("POST", path, message, files={"a.txt": b"a"}) == code


async def test_deleted_channels_and_messages_are_unknown(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    await rest.post(channel, content="one")
    await rest.post(channel, content="two")
    first, second = path_of(channel, 0), path_of(channel, 1)
    sandbox.delete_message(channel.messages[0])
    assert await rest.code("PATCH", first, {"content": "?"}) == 10008
    channel.delete()
    assert await rest.code("PATCH", second, {"content": "?"}) == 10003
    assert await rest.code("GET", f"/channels/{channel.id}") == 10003


async def test_kicked_bot_has_no_access(rest: Rest, channel: TextChannel) -> None:
    await rest.post(channel, content="one")
    mia = channel.guild.add_member("Mia")
    channel.guild.kick_bot()
    assert await rest.code("PATCH", path_of(channel), {"content": "?"}) == 50001
    assert await rest.code("GET", f"/guilds/{channel.guild.id}") == 50001
    _, direct = await rest("POST", "/users/@me/channels", {"recipient_id": str(mia.id)})
    assert await rest.code("POST", f"/channels/{direct['id']}/messages", {"content": "hi"}) == 50278


async def test_messages_of_an_archived_thread_cannot_be_edited(rest: Rest, channel: TextChannel) -> None:
    thread = channel.add_thread("clips")
    messages = f"/channels/{thread.id}/messages"
    _, sent = await rest("POST", messages, {"content": "one"})
    thread.archive()
    assert await rest.code("PATCH", f"{messages}/{sent['id']}", {"content": "?"}) == 50083
    assert (await rest("POST", messages, {"content": "two"}))[0] == 200
    assert not thread.archived
    thread.archive(locked=True)
    assert await rest.code("POST", messages, {"content": "three"}) == 50083


async def test_old_messages_allow_few_edits(rest: Rest, channel: TextChannel, clock: MovableClock) -> None:
    await rest.post(channel, content="one")
    clock.advance(timedelta(hours=1, minutes=1))
    for number in range(3):
        assert (await rest("PATCH", path_of(channel), {"content": f"edit {number}"}))[0] == 200
    status, refusal = await rest("PATCH", path_of(channel), {"content": "one too many"})
    assert (status, refusal["code"]) == (429, 30046)
    assert 0 < refusal["retry_after"] <= 20
    clock.advance(timedelta(seconds=refusal["retry_after"] + 1))
    assert (await rest("PATCH", path_of(channel), {"content": "later"}))[0] == 200


async def test_nonce_is_remembered_for_a_few_minutes(rest: Rest, channel: TextChannel, clock: MovableClock) -> None:
    _, first = await rest.post(channel, content="one", nonce="job-1", enforce_nonce=True)
    _, again = await rest.post(channel, content="one", nonce="job-1", enforce_nonce=True)
    assert first["id"] == again["id"]
    await rest.post(channel, content="not enforced", nonce="job-1")
    clock.advance(timedelta(minutes=6))
    await rest.post(channel, content="late", nonce="job-1", enforce_nonce=True)
    assert [message.text for message in channel.messages] == ["one", "not enforced", "late"]
    status, _ = await rest.post(channel, content="x", nonce="n" * 26)
    assert status == 400


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"content": "x" * 2001}, "content"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds"),
        ({"components": [TEXT]}, "components"),
        ({"components": [TEXT], "content": "both", "flags": V2}, "content"),
        ({"components": [TEXT], "embeds": [{"title": "both"}], "flags": V2}, "embeds"),
        ({"components": [TEXT], "sticker_ids": ["1"], "flags": V2}, "sticker_ids"),
        ({"content": "hi", "attachments": [{"id": 3}]}, "attachments"),
        ({"content": "hi", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "allowed_mentions"),
        (
            {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "attachment://no.mp4"}}]}]},
            "components",
        ),
    ],
)
async def test_refusal_of_an_invalid_message_names_the_field(
    rest: Rest, channel: TextChannel, message: dict[str, Any], place: str
) -> None:
    status, refusal = await rest.post(channel, **message)
    assert (status, refusal["code"], refusal["message"]) == (400, 50035, "Invalid Form Body")
    assert list(refusal["errors"]) == [place]
    assert channel.messages == []


@pytest.mark.parametrize("message", [{}, {"content": ""}, {"flags": V2}, {"flags": V2, "components": []}])
async def test_empty_message_is_refused(rest: Rest, channel: TextChannel, message: dict[str, Any]) -> None:
    assert await rest.code("POST", f"/channels/{channel.id}/messages", message) == 50006


async def test_converting_a_message_to_components_must_null_what_it_had(rest: Rest, channel: TextChannel) -> None:
    await rest.post(channel, content="plain", embeds=[{"title": "card"}])
    card = {"components": [TEXT], "flags": V2}
    status, refusal = await rest("PATCH", path_of(channel), card)
    assert (status, sorted(refusal["errors"])) == (400, ["content", "embeds"])
    assert (await rest("PATCH", path_of(channel), card | {"content": None, "embeds": []}))[0] == 200
    assert channel.messages[0].text == "hello"
    assert (await rest("PATCH", path_of(channel), {"content": "plain again", "flags": 0}))[0] == 400


async def test_messages_are_listed_newest_first(rest: Rest, channel: TextChannel) -> None:
    ids = [(await rest.post(channel, content=str(number)))[1]["id"] for number in range(5)]

    async def listed(query: str) -> list[str]:
        _, page = await rest("GET", f"/channels/{channel.id}/messages?{query}")
        return [message["content"] for message in page]

    assert await listed("") == ["4", "3", "2", "1", "0"]
    assert await listed("limit=2") == ["4", "3"]
    assert await listed(f"before={ids[3]}&limit=2") == ["2", "1"]
    assert await listed(f"after={ids[1]}&limit=2") == ["3", "2"]
    assert await listed(f"around={ids[2]}&limit=3") == ["3", "2", "1"]


async def test_regular_message_notifies_everyone_it_is_allowed_to(rest: Rest, channel: TextChannel) -> None:
    guild = channel.guild
    editors = guild.add_role("Editors", mentionable=True)
    mia, noah, ada = guild.add_member("Mia"), guild.add_member("Noah", roles=[editors]), guild.add_member("Ada")
    await rest.post(channel, content=f"{mia.mention} {editors.mention} @everyone")
    assert [ping.reason for ping in mia.notifications] == [NotificationReason.USER]
    assert [ping.reason for ping in noah.notifications] == [NotificationReason.ROLE]
    assert ada.notifications == []

    await rest.post(channel, content=f"{mia.mention} {noah.mention}", allowed_mentions={"users": [str(noah.id)]})
    await rest.post(channel, content=mia.mention, allowed_mentions={"parse": []})
    await rest.post(channel, content=ada.mention, flags=SILENT)
    await rest("PATCH", path_of(channel), {"content": f"{mia.mention} edited"})
    assert (len(mia.notifications), len(noah.notifications)) == (1, 2)
    assert [ping.silent for ping in ada.notifications] == [True]


async def test_messages_of_others_cannot_be_edited_or_deleted(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    await rest.post(channel, content="mine")
    channel.messages[0].author = channel.guild.add_member("Mia").user
    assert await rest.code("PATCH", path_of(channel), {"content": "yours"}) == 50005
    assert await rest.code("DELETE", path_of(channel)) == 50013
    assert sandbox.bot.name == "Videobot"


async def test_requests_are_recorded_without_the_token(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    await rest("POST", f"/channels/{channel.id}/messages", {"content": "x"}, files={"a b.txt": b"abc"})
    request = sandbox.requests.to("POST", "/channels/{channel_id}/messages")[0]
    assert request.path == f"/channels/{channel.id}/messages"
    assert request.payload == {"content": "x"}
    assert [(file.index, file.filename, file.size) for file in request.files] == [(0, "a_b.txt", 3)]
    assert request.status == 200
    assert "Authorization" not in request.headers


@pytest.mark.parametrize("path", ["/nowhere", "/channels/x/messages"])
async def test_invalid_paths_are_answered_in_json(rest: Rest, path: str) -> None:
    status, body = await rest("POST", path, {"content": "x"})
    assert status in {400, 404}
    assert "code" in body


async def test_invalid_json_has_its_own_code(sandbox: DiscordSandbox, rest: Rest) -> None:
    async with rest.session.post(sandbox.api_base + "/users/@me/channels", data=b"{") as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)
