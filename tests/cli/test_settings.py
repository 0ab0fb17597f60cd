"""Showing and changing a server's settings from the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from bot.domain.options import OPTIONS
from tests.cli.conftest import Videobot

pytestmark = pytest.mark.usefixtures("database_file")

GUILD = "1234567890123456789"


def test_a_server_that_has_set_nothing_shows_the_defaults(videobot: Videobot) -> None:
    shown = videobot("settings", "show", GUILD)

    assert shown.code == 0
    assert [line.partition(":")[0] for line in shown.out.splitlines()] == [option.name for option in OPTIONS]
    assert "allowed_channels: everywhere" in shown.out


def test_a_setting_is_changed_shown_and_audited(videobot: Videobot) -> None:
    done = videobot("settings", "set", GUILD, "allowed_channels", "9007199254740993, 2", "--json")

    shown = json.loads(videobot("settings", "show", GUILD, "--json").out)
    assert done.code == 0
    assert json.loads(done.out) == shown
    assert shown["guild_id"] == GUILD
    assert shown["settings"]["allowed_channels"] == ["2", "9007199254740993"]
    assert set(shown["settings"]) == {option.name for option in OPTIONS}
    with closing(sqlite3.connect("data/videobot.db")) as connection:
        assert connection.execute("SELECT actor, action FROM audit").fetchall() == [("operator", "setting_changed")]


def test_what_a_setting_does_not_take_is_refused_with_what_it_takes(videobot: Videobot) -> None:
    refused = videobot("settings", "set", GUILD, "longest_duration", "7")
    unknown = videobot("settings", "set", GUILD, "colour", "red")

    assert (refused.code, unknown.code) == (1, 1)
    assert "none or 4 or 5 or 8 or 10" in refused.err
    assert "The settings are allowed_channels" in unknown.err


def test_the_help_names_every_setting_and_what_it_takes(videobot: Videobot) -> None:
    out = videobot("settings", "set", "--help").out
    for option in OPTIONS:
        assert f"{option.name}: " in out
