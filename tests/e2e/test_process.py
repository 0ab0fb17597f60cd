"""What an operator sees of the process: exit codes, sentences about what is wrong, health, and the command line."""

from __future__ import annotations

import json
import re

import pytest

from bot import __version__
from tests.e2e.product import STARTING_CREDITS, Product


async def test_missing_settings_end_the_start_with_a_line_for_each(product: Product) -> None:
    for name in ("DISCORD_TOKEN", "POWERPOST_API_KEY", "POWERPOST_WORKSPACE_ID"):
        del product.settings[name]

    code, printed = await product.command("run")

    assert code == 2
    assert [line.split(":")[0].strip() for line in printed.splitlines()[1:]] == [
        "DISCORD_TOKEN",
        "POWERPOST_API_KEY",
        "POWERPOST_WORKSPACE_ID",
    ]


@pytest.mark.parametrize(("name", "value"), [("POWERPOST_WORKSPACE_ID", "mine"), ("LOG_LEVEL", "loud")])
async def test_a_malformed_setting_ends_the_start_by_name(product: Product, name: str, value: str) -> None:
    product.settings[name] = value

    code, printed = await product.command("run")

    assert code == 2
    assert f"{name}: should be" in printed


async def test_a_wrong_token_ends_the_start_with_what_to_do(product: Product) -> None:
    product.settings["DISCORD_TOKEN"] = "not-the-token"

    code, printed = await product.command("run")

    assert code == 1
    assert "Discord does not accept DISCORD_TOKEN" in printed
    assert "Traceback" not in printed
    assert "not-the-token" not in printed


async def test_a_wrong_powerpost_key_is_said_at_start_and_members_are_refused_honestly(product: Product) -> None:
    product.settings["POWERPOST_API_KEY"] = "pp_live_sk_wrong"
    await product.start_bot()

    answer = await product.video()

    assert answer.message is not None
    await product.says(answer.message, "You were not charged.")
    assert "PowerPost refuses POWERPOST_API_KEY" in product.log
    assert "pp_live_sk_wrong" not in product.log


async def test_a_start_says_what_an_operator_looks_for_first(product: Product) -> None:
    await product.start_bot()

    await product.logged("action=started")

    [line] = [line for line in product.log.splitlines() if "action=started" in line]
    database = product.settings["DATABASE_URL"].removeprefix("sqlite+aiosqlite:///")
    assert f" version={__version__} bot={product.discord.world.application.bot.id} (" in line
    assert " servers=1 " in line
    assert f"client_id={product.discord.application_id}" in line
    assert f" database={database} " in line
    assert re.search(r" metrics=http://127\.0\.0\.1:[1-9][0-9]*/metrics", line)


async def test_the_bot_starts_although_discord_comes_later(product: Product) -> None:
    product.discord.go_down()
    await product.launch()
    await product.discord.wait_for(lambda: any(request.fault == "down" for request in product.discord.requests))

    product.discord.come_back()

    await product.discord.wait_until_ready(timeout=20)


async def test_the_bot_starts_although_discord_first_fails_to_take_its_commands(product: Product) -> None:
    product.discord.faults.answer("PUT", "/applications/{application_id}/commands", status=503)

    await product.launch()

    await product.discord.wait_until_ready(timeout=20)


async def test_monitoring_is_answered_while_it_runs(product: Product, unused_tcp_port: int) -> None:
    product.settings["METRICS_ADDR"] = f"127.0.0.1:{unused_tcp_port}"
    assert (await product.command("health"))[0] == 1
    await product.start_bot()

    code, printed = await product.command("health")

    assert (code, printed.strip()) == (0, "ok")


async def test_health_works_out_of_the_box_with_the_address_left_empty(product: Product) -> None:
    """As with the README's `--env-file .env`, whose METRICS_ADDR is empty."""
    product.settings["METRICS_ADDR"] = ""
    assert (await product.command("health"))[0] == 1
    await product.start_bot()

    code, printed = await product.command("health")

    assert (code, printed.strip()) == (0, "ok")


async def test_the_operator_grants_shows_and_verifies(running: Product) -> None:
    guild = str(running.guild.id)
    await running.video()
    await running.settled()

    code, _ = await running.command("credits", "grant", guild, "50", "--reason", "welcome")
    shown = json.loads((await running.command("credits", "show", guild, "--json"))[1])
    verified, printed = await running.command("ledger", "verify")

    assert code == 0
    assert shown == {"guild_id": guild, "available": STARTING_CREDITS + 50 - 15, "reserved": 0, "spent": 15}
    assert verified == 0
    assert printed.startswith("The ledger adds up: ")


async def test_the_doctor_finds_everything_well_when_it_is(running: Product) -> None:
    code, printed = await running.command("doctor")

    assert code == 0, printed
    for subject in ("login", "application", "PowerPost balance", "PowerPost workspace", "Database", "Disk", "Clock"):
        assert subject in printed
