"""A server's quotas from the command line, with the rules of `/quota`."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Videobot

pytestmark = pytest.mark.usefixtures("database_file")

GUILD = "1234567890123456789"
MEMBER = "2234567890123456789"


def test_a_server_begins_without_quotas(videobot: Videobot) -> None:
    assert videobot("quotas", "list", GUILD).out == f"Server {GUILD} has no quotas.\n"


def test_quotas_are_set_before_the_bot_has_met_the_server(videobot: Videobot) -> None:
    first = videobot("quotas", "set", GUILD, "20", "--per", "day")
    second = videobot("quotas", "set", GUILD, "30", "--per", "day")
    videobot("quotas", "set", GUILD, "0", "--per", "month", "--member", MEMBER)
    videobot("quotas", "set", GUILD, "500", "--per", "week", "--role", "7")

    assert first.out == f"Set for everyone of server {GUILD}: 20 credits a day.\n"
    assert second.out == f"Set for everyone of server {GUILD}: 30 credits a day. It was 20 credits a day.\n"
    assert videobot("quotas", "list", GUILD).out.splitlines() == [
        "everyone: 30 credits a day",
        "role 7: 500 credits a week",
        f"member {MEMBER}: 0 credits a month",
    ]


def test_quotas_for_scripts_have_exactly_these_fields(videobot: Videobot) -> None:
    videobot("quotas", "set", GUILD, "20", "--per", "day")
    videobot("quotas", "set", GUILD, "0", "--per", "month", "--member", MEMBER)

    outcome = videobot("quotas", "list", GUILD, "--json")

    assert json.loads(outcome.out) == {
        "guild_id": GUILD,
        "quotas": [
            {"for": "everyone", "id": None, "credits": 20, "per": "day"},
            {"for": "member", "id": MEMBER, "credits": 0, "per": "month"},
        ],
        "guild_name": None,
    }


def test_quotas_are_cleared_one_period_at_a_time_or_all_at_once(videobot: Videobot) -> None:
    for per in ("day", "week", "month"):
        videobot("quotas", "set", GUILD, "20", "--per", per)

    one = videobot("quotas", "clear", GUILD, "--per", "week")
    rest = videobot("quotas", "clear", GUILD)
    none = videobot("quotas", "clear", GUILD, "--role", "7")

    assert one.out == f"Cleared for everyone of server {GUILD}: 20 credits a week.\n"
    assert rest.out == f"Cleared for everyone of server {GUILD}: 20 credits a day, 20 credits a month.\n"
    assert none.out == f"Cleared for role 7 of server {GUILD}: nothing; there was no such quota.\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", GUILD, "-1", "--per", "day"), "-1"),
        (("set", GUILD, "1000000001", "--per", "day"), "range"),
        (("set", GUILD, "20"), "--per"),
        (("set", GUILD, "20", "--per", "year"), "year"),
        (("set", "guild", "20", "--per", "day"), "guild"),
        (("clear", GUILD, "--member", "1", "--role", "2"), "not both"),
    ],
)
def test_a_wrong_call_is_explained_and_changes_nothing(
    videobot: Videobot, arguments: tuple[str, ...], words: str
) -> None:
    outcome = videobot("quotas", *arguments)

    assert outcome.code == 2
    assert words in outcome.err
    assert "no quotas" in videobot("quotas", "list", GUILD).out
