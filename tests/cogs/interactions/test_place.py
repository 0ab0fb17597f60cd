"""What the bot needs in a channel before it takes anybody's credits."""

from __future__ import annotations

import discord
import pytest

from cogs.interactions.place import missing_permissions

ENOUGH = discord.Permissions(view_channel=True, send_messages=True, embed_links=True, attach_files=True)


def test_nothing_is_missing_where_videos_can_be_shown() -> None:
    assert missing_permissions(ENOUGH, in_thread=False) == []


@pytest.mark.parametrize(
    ("permission", "name"),
    [
        ("view_channel", "View Channel"),
        ("send_messages", "Send Messages"),
        ("embed_links", "Embed Links"),
        ("attach_files", "Attach Files"),
    ],
)
def test_a_missing_permission_is_named_as_discord_names_it(permission: str, name: str) -> None:
    granted = discord.Permissions(ENOUGH.value)
    granted.update(**{permission: False})

    assert missing_permissions(granted, in_thread=False) == [name]


def test_a_thread_has_a_permission_of_its_own() -> None:
    assert missing_permissions(ENOUGH, in_thread=True) == ["Send Messages in Threads"]
    in_threads = ENOUGH | discord.Permissions(send_messages_in_threads=True)
    assert missing_permissions(in_threads, in_thread=True) == []
