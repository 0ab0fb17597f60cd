"""Which commands can be registered, and what Discord's client lets a member do with them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.discord import DiscordSandbox, Member, NotPossible, Permissions, TextChannel, Upload
from sandbox.discord.commands.registry import CommandType

from .conftest import ECHO, Rest

Json = dict[str, Any]
STRING, INTEGER, BOOLEAN, ATTACHMENT = 3, 4, 5, 11


def option(kind: int, name: str, **fields: Any) -> Json:
    return {"type": kind, "name": name, "description": "An option"} | fields


@pytest.mark.parametrize(
    ("definition", "place"),
    [
        (ECHO | {"name": "Echo"}, "name"),
        (ECHO | {"name": "x" * 33}, "name"),
        (ECHO | {"name": "two words"}, "name"),
        (ECHO | {"description": ""}, "description"),
        (ECHO | {"contexts": []}, "contexts"),
        (ECHO | {"integration_types": [0, 0]}, "integration_types"),
        (ECHO | {"type": 3}, "description"),
        (ECHO | {"options": [option(STRING, f"o{n}") for n in range(26)]}, "options"),
        (ECHO | {"options": [option(STRING, "a"), option(STRING, "a")]}, "options"),
        (ECHO | {"options": [option(STRING, "a"), option(STRING, "b", required=True)]}, "options"),
        (ECHO | {"options": [option(STRING, "a", choices=[{"name": "x", "value": 1}])]}, "options"),
        (ECHO | {"options": [option(STRING, "a", max_length=6001)]}, "options"),
        (ECHO | {"options": [option(1, "a"), option(STRING, "b")]}, "options"),
        (ECHO | {"options": [option(2, "a", options=[option(2, "b")])]}, "options"),
    ],
)
async def test_invalid_command_is_refused(rest: Rest, definition: Json, place: str) -> None:
    status, refusal = await rest.register(definition)
    assert (status, refusal["code"], list(refusal["errors"]["0"])) == (400, 50035, [place])


async def test_too_many_or_duplicate_commands_are_refused(rest: Rest) -> None:
    assert (await rest.register(ECHO, ECHO))[0] == 400
    assert (await rest.register(*({"type": 3, "name": f"Entry {n}"} for n in range(16))))[0] == 400
    assert (await rest.register(*({"type": 3, "name": f"Entry {n}"} for n in range(15))))[0] == 200


async def test_bulk_overwrite_keeps_the_ids_of_commands_that_stay(
    sandbox: DiscordSandbox, rest: Rest, channel: TextChannel
) -> None:
    _, first = await rest.register(ECHO, ECHO | {"name": "gone"})
    _, second = await rest.register(ECHO | {"description": "Say it louder"})
    assert [command["id"] for command in second] == [first[0]["id"]]
    base = f"/applications/{sandbox.application_id}"
    status, own = await rest("POST", f"{base}/guilds/{channel.guild.id}/commands", ECHO | {"description": "Ours"})
    assert (status, own["guild_id"]) == (201, str(channel.guild.id))
    found = sandbox.world.commands.find("echo", CommandType.CHAT_INPUT, channel.guild.id)
    assert found is not None
    assert str(found.id) == own["id"]
    assert (await rest("DELETE", f"{base}/commands/{first[0]['id']}"))[0] == 204
    assert await rest.code("GET", f"{base}/commands/{first[0]['id']}") == 10063
    assert await rest.code("PUT", "/applications/1/commands", []) == 10002


@pytest.fixture
async def mia(rest: Rest, channel: TextChannel) -> Member:
    """A member, with a bot that has a command with many options and one for those who manage the server."""
    options = [
        option(STRING, "prompt", required=True, max_length=10),
        option(STRING, "size", choices=[{"name": "wide", "value": "16:9"}]),
        option(INTEGER, "duration", min_value=4, max_value=8),
        option(BOOLEAN, "audio"),
        option(ATTACHMENT, "image"),
    ]
    quota = {"name": "quota", "description": "Limits", "default_member_permissions": 32, "contexts": [0]}
    await rest.register(
        {"name": "video", "description": "Make", "options": options, "contexts": [0]},
        quota | {"options": [option(1, "set", options=[option(INTEGER, "credits", required=True)])]},
    )
    return channel.guild.add_member("Mia")


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({}, r"required options are missing: \['prompt'\]"),
        ({"prompt": "x" * 11}, "'prompt' must be 1 to 10 characters, not 11"),
        ({"prompt": ""}, "'prompt' must be 1 to 10 characters, not 0"),
        ({"prompt": 3}, "'prompt' takes string, not int"),
        ({"prompt": "x", "size": "1:1"}, r"'size' offers \['16:9'\], not '1:1'"),
        ({"prompt": "x", "duration": 9}, "'duration' must be 4 to 8, not 9"),
        ({"prompt": "x", "duration": True}, "'duration' takes integer, not bool"),
        ({"prompt": "x", "audio": 1}, "'audio' takes boolean, not int"),
        ({"prompt": "x", "image": "cat.png"}, "'image' takes attachment, not str"),
        ({"prompt": "x", "colour": "red"}, "there is no option 'colour'"),
    ],
)
async def test_client_refuses_invalid_options(mia: Member, channel: TextChannel, options: Json, reason: str) -> None:
    with pytest.raises(NotPossible, match=reason):
        await mia.slash(channel, "video", **options)


async def test_options_are_sent_in_the_order_of_the_command(mia: Member, channel: TextChannel) -> None:
    use = await mia.slash(channel, "video", image=Upload("a.png", b"a"), duration=8, prompt="a cat")
    assert [given["name"] for given in use.data["options"]] == ["prompt", "duration", "image"]


async def test_command_is_shown_only_where_and_to_whom_it_should_be(mia: Member, channel: TextChannel) -> None:
    with pytest.raises(NotPossible, match="hidden from Mia"):
        await mia.slash(channel, "quota set", credits=5)
    with pytest.raises(NotPossible, match="not offered in direct messages"):
        await mia.slash(mia.direct_channel, "video", prompt="x")
    with pytest.raises(NotPossible, match="needs a subcommand"):
        await mia.slash(channel, "quota", opened_by_admin=True)
    with pytest.raises(NotPossible, match="no chat_input command 'nothing'"):
        await mia.slash(channel, "nothing")
    admin = channel.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)
    assert (await admin.slash(channel, "quota set", credits=5)).data["options"][0]["name"] == "set"
    assert (await mia.slash(channel, "quota set", credits=5, opened_by_admin=True)).user is mia.user


async def test_command_cannot_be_used_in_a_hidden_channel_or_without_the_bot(mia: Member, channel: TextChannel) -> None:
    channel.overwrite(mia, deny=Permissions.VIEW_CHANNEL)
    with pytest.raises(NotPossible, match="cannot use commands in this channel"):
        await mia.slash(channel, "video", prompt="x")
    channel.overwrite(mia)
    channel.guild.kick_bot()
    with pytest.raises(NotPossible, match="there is no"):
        await mia.slash(channel, "video", prompt="x")


async def test_bulk_overwrite_cannot_remove_the_entry_point_command(sandbox: DiscordSandbox, rest: Rest) -> None:
    launch = {"type": 4, "name": "launch", "handler": 2}
    await rest.register(launch)

    assert (await rest.register(ECHO))[1]["code"] == 50240
    status, commands = await rest.register(ECHO, launch)

    assert (status, {command["name"] for command in commands}) == (200, {"echo", "launch"})


async def test_new_commands_per_day_are_limited(sandbox: DiscordSandbox, rest: Rest) -> None:
    sandbox.world.commands.creates_left = 1

    assert (await rest.register(ECHO, ECHO | {"name": "other"}))[1]["code"] == 30034
    assert (await rest.register(ECHO))[0] == 200
    assert (await rest.register(ECHO | {"description": "Changed"}))[0] == 200
