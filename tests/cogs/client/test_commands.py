"""Commands that Discord does not take: the bot serves with those that Discord has, says so, and asks again later."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

import pytest
from discord import app_commands
from discord.ext import commands

from bot.domain.identifiers import GuildId
from cogs.client.commands import LONGEST_PAUSE
from cogs.client.guild_commands import GuildCommands
from cogs.interactions.answers import Interaction
from sandbox.discord import CommandType, DiscordSandbox, EdgeAnswer
from tests.clocks import MovableClock
from tests.cogs.client.test_client import PUT_COMMANDS, Greeting
from tests.cogs.running import KeptDefinitions, a_client, running

ENTRY_POINT = {"type": 4, "name": "launch", "handler": 2, "contexts": [0], "integration_types": [0]}
REFUSALS = [
    (400, 30034, "200 new commands per day"),
    (400, 50240, "Activities"),
    (403, 50001, "Invite the bot"),
    (400, 50035, "Ask for help"),
]


class Home(commands.Cog):
    """The operator's command."""

    @app_commands.command(name="home", description="At home.")
    async def home(self, interaction: Interaction) -> None:
        await interaction.response.send_message("At home.", ephemeral=True)


def names(discord: DiscordSandbox, guild_id: int | None = None) -> set[str]:
    return {command.name for command in discord.world.commands.all(guild_id)}


def said(caplog: pytest.LogCaptureFixture, action: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if vars(record).get("action") == action]


@pytest.fixture
def known(discord: DiscordSandbox) -> DiscordSandbox:
    """Discord has commands of the bot's from before."""
    discord.add_guild("Film club")
    discord.world.commands.put({"name": "hello", "description": "Say hello."}, None)
    return discord


@pytest.mark.parametrize(("status", "code", "advice"), REFUSALS)
async def test_refused_commands_do_not_stop_the_bot_and_are_offered_again(
    known: DiscordSandbox, caplog: pytest.LogCaptureFixture, status: int, code: int, advice: str
) -> None:
    clock = MovableClock()
    fault = known.faults.answer(*PUT_COMMANDS, status=status, code=code, message="No.", times=None)
    async with running(a_client([Greeting(), Home()], clock=clock), known):
        first = await clock.next_sleeper()
        (refused,) = said(caplog, "commands_refused")
        assert names(known) == {"hello"}

        fault.withdraw()
        clock.move(first)
        await known.wait_for(lambda: names(known) == {"hello", "home"})

    assert refused.levelno == logging.ERROR
    assert advice in vars(refused)["what_to_do"]
    assert first >= timedelta(minutes=5)


async def test_offers_come_ever_more_rarely(known: DiscordSandbox) -> None:
    """The least that a whole day of refusals costs is far below any limit."""
    clock = MovableClock()
    known.faults.answer(*PUT_COMMANDS, status=400, code=30034, times=None)
    async with running(a_client([Greeting()], clock=clock), known):
        pauses = []
        for _ in range(6):
            pauses.append(await clock.next_sleeper())
            clock.move(pauses[-1])
            await asyncio.sleep(0)

    assert pauses[0] == timedelta(hours=1)
    assert pauses[-1] == LONGEST_PAUSE
    assert pauses == sorted(pauses)


@pytest.mark.parametrize("edge", list(EdgeAnswer))
async def test_an_edge_that_answers_for_discord_refuses_no_commands(
    known: DiscordSandbox, caplog: pytest.LogCaptureFixture, edge: EdgeAnswer
) -> None:
    clock = MovableClock()
    known.faults.edge(edge, *PUT_COMMANDS)
    async with running(a_client([Greeting(), Home()], clock=clock), known):
        pause = await clock.next_sleeper()
        clock.move(pause)
        await known.wait_for(lambda: names(known) == {"hello", "home"})

    assert pause == timedelta(seconds=2)
    assert said(caplog, "commands_refused") == []
    assert len(said(caplog, "commands_later")) == 1


async def test_the_entry_point_command_is_kept(discord: DiscordSandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    discord.add_guild("Film club")
    kept = discord.world.commands.put(ENTRY_POINT, None)
    async with running(a_client([Greeting()]), discord):
        await discord.wait_for(lambda: names(discord) == {"hello", "launch"})

    command = discord.world.commands.find("launch", CommandType.ENTRY_POINT, None)
    assert command is not None
    assert (command.id, command.payload()["handler"]) == (kept.id, 2)
    (record,) = said(caplog, "entry_point_kept")
    assert vars(record)["commands"] == ["launch"]
    assert said(caplog, "commands_refused") == []


async def test_the_operators_server_is_asked_again_once_the_bot_is_in_it(
    known: DiscordSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    clock = MovableClock()
    home = known.add_guild("Headquarters", bot_permissions=None)
    own = GuildCommands(guild_id=GuildId(home.id), cogs=[Home()], store=KeptDefinitions())
    client = a_client([Greeting()], clock=clock, guild_commands=own)
    async with running(client, known):
        offering = asyncio.create_task(client.offer_guild_commands())
        pause = await clock.next_sleeper()
        assert len(said(caplog, "commands_refused")) == 1

        home.invite_bot()
        clock.move(pause)
        await known.wait_for(lambda: names(known, home.id) == {"home"})
        offering.cancel()
        await asyncio.wait({offering})


async def test_a_former_server_that_is_gone_holds_nothing_up(known: DiscordSandbox) -> None:
    store = KeptDefinitions()
    await store.save("987654321 digest")
    own = GuildCommands(guild_id=None, cogs=[], store=store)
    client = a_client([Greeting()], guild_commands=own)
    async with running(client, known):
        await own.send(client.tree)

    assert store.saved[-1] == ""
    assert len(known.requests.to("PUT", "/applications/{application_id}/guilds/{guild_id}/commands")) == 1
