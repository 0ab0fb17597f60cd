"""The doctor on a healthy machine, and with every fault that an operator may meet, with advice for each."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.discord import DiscordSandbox, Permissions
from sandbox.powerpost import Account, PowerPostSandbox, TinyClips
from tests.cli.conftest import Outcome, SetVariables, Videobot

SUBJECTS = [
    "Discord login",
    "Discord application",
    "PowerPost balance",
    "PowerPost workspace",
    "Database",
    "Bot",
    "Credits",
    "Encryption keys",
    "Disk",
    "Clock",
]


@pytest.fixture
async def discord() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def powerpost() -> AsyncIterator[PowerPostSandbox]:
    async with PowerPostSandbox(render=TinyClips()) as sandbox:
        yield sandbox


@pytest.fixture
def account(discord: DiscordSandbox, powerpost: PowerPostSandbox, variables: SetVariables) -> Account:
    """An account whose key is set, like every other setting, so that all is well."""
    account = powerpost.add_account(credits=47)
    variables(
        DISCORD_TOKEN=discord.token,
        DISCORD_API_BASE=discord.api_base,
        POWERPOST_API_KEY=account.api_key,
        POWERPOST_WORKSPACE_ID=account.workspace_id,
        POWERPOST_BASE_URL=powerpost.base_url,
    )
    return account


async def examined(videobot: Videobot) -> Outcome:
    return await asyncio.to_thread(videobot, "doctor")


async def the_only_fault(videobot: Videobot) -> dict[str, Any]:
    """The only finding that is not well; the report for people marks it too."""
    outcome = await asyncio.to_thread(videobot, "doctor", "--json")
    assert outcome.code == 1
    report = json.loads(outcome.out)
    assert report["well"] is False
    [fault] = [finding for finding in report["findings"] if not finding["is_well"]]
    assert isinstance(fault, dict)
    assert fault["advice"]
    for_people = await examined(videobot)
    assert for_people.code == 1
    assert f"{fault['subject']}: " in for_people.out  # the fact is measured again, and may differ by a second
    assert f"\n     → {fault['advice']}\n" in for_people.out
    assert for_people.out.endswith("Fix what is marked, then try again.\n")
    return fault


@pytest.mark.usefixtures("account")
async def test_a_healthy_machine_is_ready(videobot: Videobot, discord: DiscordSandbox) -> None:
    outcome = await examined(videobot)

    assert outcome.code == 0
    lines = outcome.out.splitlines()
    marked = [line for line in lines[:-1] if not line.lstrip().startswith("→")]
    assert [line.partition("  ")[2].partition(":")[0].strip() for line in marked] == SUBJECTS
    assert f"'Videobot' ({discord.application_id})" in outcome.out
    assert "PowerPost balance: 47 credits" in outcome.out
    assert lines[-1] == "Ready: `videobot run` starts the bot."


@pytest.mark.usefixtures("account")
async def test_a_report_for_scripts(videobot: Videobot) -> None:
    outcome = await asyncio.to_thread(videobot, "doctor", "--json")

    report = json.loads(outcome.out)
    assert report["well"] is True
    assert [finding["subject"] for finding in report["findings"]] == SUBJECTS
    assert all(set(finding) == {"subject", "is_well", "fact", "advice"} for finding in report["findings"])


@pytest.mark.usefixtures("account")
async def test_examining_orders_nothing_and_changes_nothing(
    videobot: Videobot, powerpost: PowerPostSandbox, folder: Path
) -> None:
    await examined(videobot)

    assert powerpost.generations == []
    assert _files_in(folder) == []


@pytest.mark.usefixtures("account")
async def test_a_wrong_token(videobot: Videobot, variables: SetVariables) -> None:
    variables(DISCORD_TOKEN="MTIz.wrong.token")

    fault = await the_only_fault(videobot)

    assert (fault["subject"], fault["fact"]) == ("Discord login", "the token is refused")
    assert "Reset Token" in fault["advice"]


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("answer", ["endless", "HTML", "null", "hang up"])
async def test_a_discord_that_makes_no_sense_is_not_one_that_answers(
    videobot: Videobot, discord: DiscordSandbox, answer: str
) -> None:
    route = ("GET", "/applications/@me")
    if answer == "endless":
        fault = discord.faults.endless(*route, times=None)
    elif answer == "hang up":
        fault = discord.faults.reset(*route, times=None)
    else:
        fault = discord.faults.answer(*route, status=200, times=None)
        fault.body = "null" if answer == "null" else "<html></html>"

    finding = await the_only_fault(videobot)

    assert finding["subject"] == "Discord login"
    assert "no answer" in finding["fact"]
    assert fault.sent < 2 * 32 * 2**20


async def test_a_wrong_key(videobot: Videobot, account: Account, variables: SetVariables) -> None:
    variables(POWERPOST_API_KEY="pp_live_sk_wrong")

    outcome = await examined(videobot)

    assert outcome.code == 1
    assert "PowerPost balance: the key is refused\n     → Copy POWERPOST_API_KEY again" in outcome.out
    assert "pp_live_sk_wrong" not in outcome.out
    assert account.api_key not in outcome.out


@pytest.mark.usefixtures("account")
async def test_a_wrong_workspace(videobot: Videobot, variables: SetVariables) -> None:
    variables(POWERPOST_WORKSPACE_ID="123e4567-e89b-12d3-a456-426614174000")

    fault = await the_only_fault(videobot)

    assert fault["subject"] == "PowerPost workspace"
    assert "POWERPOST_WORKSPACE_ID" in fault["advice"]


async def test_a_key_without_a_scope(videobot: Videobot, account: Account) -> None:
    account.scopes -= {"account:read"}

    fault = await the_only_fault(videobot)

    assert "account:read" in fault["fact"]
    assert "scopes" in fault["advice"]


async def test_an_empty_account(videobot: Videobot, account: Account) -> None:
    account.balance = 0

    fault = await the_only_fault(videobot)

    assert (fault["subject"], fault["fact"]) == ("PowerPost balance", "0 credits")
    assert "Buy credits" in fault["advice"]


async def test_missing_settings_are_named(videobot: Videobot, discord: DiscordSandbox, variables: SetVariables) -> None:
    variables(DISCORD_API_BASE=discord.api_base)

    outcome = await examined(videobot)

    assert outcome.code == 1
    for name in ("DISCORD_TOKEN", "POWERPOST_API_KEY", "POWERPOST_WORKSPACE_ID"):
        assert f"{name} is missing" in outcome.out or f"{name} or the key is missing" in outcome.out


async def test_wrong_settings_are_named_before_anything_is_asked(videobot: Videobot, variables: SetVariables) -> None:
    variables(LOG_LEVEL="LOUD")

    outcome = await examined(videobot)

    assert outcome.code == 2
    assert "LOG_LEVEL" in outcome.err


async def test_services_that_cannot_be_reached(
    videobot: Videobot, account: Account, discord: DiscordSandbox, powerpost: PowerPostSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("bot.powerpost.client.FIRST_BACKOFF", timedelta(0))
    await discord.__aexit__(None, None, None)
    await powerpost.close()

    outcome = await examined(videobot)

    assert outcome.code == 1
    assert outcome.out.count("FIX  ") == 4
    assert outcome.out.count("network") == 3
    assert not re.search(r"[a-z](Error|Exception|Answer|Unreachable)\b", outcome.out), "the name of a class"
    assert account.api_key not in outcome.out


@pytest.mark.usefixtures("account", "database_file")
async def test_a_database_of_a_newer_bot(videobot: Videobot) -> None:
    await a_database(videobot, "UPDATE alembic_version SET version_num = '9999'")

    fault = await the_only_fault(videobot)

    assert fault["subject"] == "Database"
    assert "newer version" in fault["fact"] + fault["advice"]


@pytest.mark.usefixtures("account", "database_file")
async def test_books_that_do_not_add_up(videobot: Videobot) -> None:
    await a_database(videobot, "UPDATE wallets SET available = available + 5, granted = granted + 5")

    fault = await the_only_fault(videobot)

    assert fault["fact"] == "the ledger does not add up (problems: 1)"
    assert "ledger verify" in fault["advice"]


@pytest.mark.usefixtures("account")
async def test_a_disk_that_is_nearly_full(videobot: Videobot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.checks.LEAST_DISK", 2**60)

    fault = await the_only_fault(videobot)

    assert (fault["subject"], fault["advice"]) == ("Disk", "Free up space")


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("url", ["/proc/nowhere/videobot.db", "a_file/videobot.db"])
async def test_a_folder_where_no_database_can_be_made(
    videobot: Videobot, variables: SetVariables, folder: Path, url: str
) -> None:
    (folder / "a_file").write_text("a file where a folder should be")
    variables(DATABASE_URL=f"sqlite+aiosqlite:///{url}")

    fault = await the_only_fault(videobot)

    assert fault["subject"] == "Database"
    assert "its folder cannot be written" in fault["fact"]
    assert "DATABASE_URL" in fault["fact"]


@pytest.mark.usefixtures("account")
async def test_a_folder_for_data_that_cannot_be_written(videobot: Videobot, variables: SetVariables) -> None:
    variables(DATA_DIR="/proc/nowhere")

    fault = await the_only_fault(videobot)

    assert fault["subject"] == "Disk"
    assert "DATA_DIR" in fault["advice"]


@pytest.mark.usefixtures("account")
async def test_an_alert_channel_is_there_and_takes_messages(
    videobot: Videobot, discord: DiscordSandbox, variables: SetVariables
) -> None:
    channel = discord.add_guild("Headquarters").add_channel("alerts")
    variables(ALERT_CHANNEL_ID=str(channel.id))

    assert f"the bot can write in channel {channel.id} (alerts)" in (await examined(videobot)).out

    channel.deny_bot(Permissions.SEND_MESSAGES)
    fault = await the_only_fault(videobot)
    assert (fault["subject"], fault["fact"]) == (
        "Alert channel",
        f"the bot cannot write in channel {channel.id} (alerts)",
    )
    assert channel.messages == []

    channel.deny_bot(Permissions.VIEW_CHANNEL)
    assert "cannot see" in (await the_only_fault(videobot))["fact"]

    variables(ALERT_CHANNEL_ID="7")
    assert (await the_only_fault(videobot))["fact"] == "Discord knows no channel 7"


@pytest.mark.usefixtures("account")
async def test_an_operators_server_that_the_bot_is_not_in(
    videobot: Videobot, discord: DiscordSandbox, variables: SetVariables
) -> None:
    home = discord.add_guild("Headquarters")
    variables(OPERATOR_GUILD_ID=str(home.id))
    assert f"the bot is in server {home.id} (Headquarters)" in (await examined(videobot)).out

    home.kick_bot()
    fault = await the_only_fault(videobot)

    assert fault["subject"] == "Operator's server"
    assert "OPERATOR_GUILD_ID" in fault["advice"]


@pytest.mark.usefixtures("account", "database_file")
async def test_credits_that_nobody_has_are_a_hint_and_no_failure(videobot: Videobot, variables: SetVariables) -> None:
    said = await examined(videobot)
    assert said.code == 0
    assert "Credits: no server has any, and STARTING_CREDITS is 0\n     → Grant some" in said.out

    await asyncio.to_thread(videobot, "credits", "grant", "100", "10", "--reason", "a start")
    assert "STARTING_CREDITS" not in (await examined(videobot)).out

    await asyncio.to_thread(videobot, "credits", "revoke", "100", "10", "--reason", "an end")
    assert "STARTING_CREDITS" in (await examined(videobot)).out
    variables(STARTING_CREDITS="5")
    assert "STARTING_CREDITS" not in (await examined(videobot)).out


@pytest.mark.usefixtures("account")
async def test_an_address_for_metrics_is_tried(videobot: Videobot, variables: SetVariables) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        variables(METRICS_ADDR=f"127.0.0.1:{taken.getsockname()[1]}")
        assert "is in use" in (await the_only_fault(videobot))["fact"]
    assert "is free" in (await examined(videobot)).out

    variables(METRICS_ADDR="192.0.2.1:9464")
    assert "is not an address of this machine" in (await the_only_fault(videobot))["fact"]


@pytest.mark.usefixtures("account")
async def test_hosts_that_do_not_exist_are_named(videobot: Videobot, variables: SetVariables) -> None:
    variables(DOWNLOAD_HOSTS="cdn.example.invalid")

    assert (await the_only_fault(videobot))["fact"] == "these names do not resolve: cdn.example.invalid"


@pytest.mark.usefixtures("account")
async def test_a_clock_that_is_wrong(videobot: Videobot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.cli.discord_checks.MOST_SKEW", timedelta(seconds=-1))

    fault = await the_only_fault(videobot)

    assert fault["subject"] == "Clock"
    assert "Set the machine's clock" in fault["advice"]


async def a_database(videobot: Videobot, tampering: str) -> None:
    """A database with one server, changed behind the bot's back."""
    await asyncio.to_thread(videobot, "credits", "grant", "100", "10", "--reason", "a start")
    with closing(sqlite3.connect("data/videobot.db")) as connection, connection:
        connection.execute(tampering)


def _files_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())
