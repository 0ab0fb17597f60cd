"""The servers at a glance."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Videobot

pytestmark = pytest.mark.usefixtures("database_file")

GUILD = "1234567890123456789"


def test_without_servers_the_list_says_so(videobot: Videobot) -> None:
    assert videobot("guilds", "list").out == "The bot does not know any server yet.\n"
    assert json.loads(videobot("guilds", "list", "--json").out) == []


def test_a_server_is_listed_with_its_credits(videobot: Videobot) -> None:
    videobot("credits", "grant", GUILD, "250", "--reason", "a start")

    listed = videobot("guilds", "list").out
    assert listed == (f"{GUILD}  never joined  granted credits  available 250, reserved 0, spent 0  jobs: none\n")
    assert json.loads(videobot("guilds", "list", "--json").out) == [
        {
            "guild_id": GUILD,
            "guild_name": None,
            "since_at": None,
            "left_at": None,
            "linked": False,
            "available": 250,
            "reserved": 0,
            "spent": 0,
            "jobs": {},
        }
    ]
