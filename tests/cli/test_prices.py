"""Prices on the command line: listed, set and forgotten."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.clock import SystemClock
from bot.domain.guild_names import GuildNames
from bot.domain.identifiers import GuildId, UserId
from storage.database.engine import Database
from storage.names import NameStore
from storage.workspaces import WorkspaceStore
from tests.cli.conftest import Videobot

pytestmark = pytest.mark.usefixtures("database_file")

KLING = ("kling-3.0-pro", "5")


async def a_server_with_its_own_account(name: str) -> None:
    database = Database("sqlite+aiosqlite:///data/videobot.db")
    await NameStore(database=database).keep(GuildId(99), GuildNames(name, {}))
    workspaces = WorkspaceStore(database=database, clock=SystemClock())
    await workspaces.link(GuildId(99), "studio", b"sealed", UserId(5))
    await database.close()


def test_the_list_has_an_estimate_for_every_kind_of_video(videobot: Videobot) -> None:
    listed = videobot("prices", "list")

    assert listed.code == 0
    assert len(listed.out.splitlines()) == 10
    assert "your account: kling-3.0-pro, 5 seconds, 15 credits (estimate)\n" in listed.out
    assert "your account: kling-3.0-pro, 5 seconds with sound, 23 credits (estimate)\n" in listed.out


def test_a_price_is_set_listed_and_forgotten(videobot: Videobot) -> None:
    assert videobot("prices", "set", *KLING, "20").out == (
        "Set for your account: kling-3.0-pro, 5 seconds, 20 credits. It was an estimate before.\n"
    )
    assert "your account: kling-3.0-pro, 5 seconds, 20 credits (set)\n" in videobot("prices", "list").out
    first, *_ = json.loads(videobot("prices", "list", "--json").out)
    assert list(first)[:6] == ["guild_id", "model", "duration", "audio", "credits", "source"]
    assert list(first)[6:] == ["not_believed", "times", "at", "guild_name"]
    assert (first["guild_id"], first["credits"], first["source"]) == (None, 20, "set")

    assert videobot("prices", "forget", *KLING).out == (
        "Forgotten for your account: kling-3.0-pro, 5 seconds; about 15 credits again. It was 20 before.\n"
    )
    assert "(set)" not in videobot("prices", "list").out


def test_what_was_changed_is_remembered(videobot: Videobot) -> None:
    assert videobot("prices", "history").out == "No price has ever been set or forgotten.\n"
    videobot("prices", "set", *KLING, "20")
    videobot("prices", "forget", *KLING)

    newest, oldest = videobot("prices", "history").out.splitlines()

    assert newest.endswith("your account: kling-3.0-pro, 5 seconds, 20 → estimate, by operator")
    assert oldest.endswith("your account: kling-3.0-pro, 5 seconds, estimate → 20, by operator")
    assert [change["credits"] for change in json.loads(videobot("prices", "history", "--json").out)] == [None, 20]


def test_a_change_for_a_servers_own_account_names_the_server(videobot: Videobot) -> None:
    asyncio.run(a_server_with_its_own_account("Film Club"))
    videobot("prices", "set", *KLING, "20", "--server", "99")

    line = videobot("prices", "history").out
    [change] = json.loads(videobot("prices", "history", "--json").out)

    assert line.endswith("server 99 (Film Club): kling-3.0-pro, 5 seconds, estimate → 20, by operator\n")
    assert (change["guild_id"], change["guild_name"]) == ("99", "Film Club")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("set", "sora", "5", "20"), 2, "'sora' is not one of"),
        (("set", "kling-3.0-pro", "7", "20"), 2, "Kling 3.0 Pro makes videos of 5 or 10 seconds."),
        (("set", "kling-3.0-pro", "five", "20"), 2, "'five' is not a valid whole number"),
        (("set", "runway-gen-4.5", "5", "20", "--audio"), 2, "Runway Gen-4.5 cannot make sound."),
        (("set", *KLING, "0"), 2, "0 is not in the range"),
        (("set", *KLING, str(10**30)), 2, "is not in the range"),
        (("set", *KLING), 2, "Missing argument 'CREDITS'"),
        (("forget", "kling-3.0-pro", "7"), 2, "5 or 10 seconds"),
        (("set", *KLING, "20", "--server", "99"), 1, "Server 99 has not linked an account"),
        (("forget", *KLING, "--server", "99"), 1, "Server 99 has not linked an account"),
    ],
)
def test_bad_input_is_said_in_a_sentence_and_changes_nothing(
    videobot: Videobot, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    refused = videobot("prices", *arguments)

    assert refused.code == code
    assert sentence in refused.err
    assert "(set)" not in videobot("prices", "list").out
