"""The client on its way to Discord and back: addresses, commands, guilds, errors."""

from __future__ import annotations

import asyncio
import logging

import pytest
from discord import app_commands
from discord.ext import commands

from bot.domain.identifiers import GuildId
from bot.errors import DatabaseMissing, DatabaseUnavailable, InvalidRequest
from cogs.interactions.answers import Interaction
from sandbox.discord import DiscordSandbox, Event
from tests.cogs.running import GuildLog, KeptDefinitions, LogWatch, Scene, a_client, running

PUT_COMMANDS = ("PUT", "/applications/{application_id}/commands")


class Greeting(commands.Cog):
    """One command that works."""

    @app_commands.command(name="hello", description="Say hello.")
    async def hello(self, interaction: Interaction) -> None:
        await interaction.response.send_message("Hello.", ephemeral=True)


class Failing(commands.Cog):
    """One command that fails in a way that a test sets, before or after an answer."""

    def __init__(self, error: Exception, *, answers_first: bool = False, defers_first: bool = False) -> None:
        self._error = error
        self._answers_first = answers_first
        self._defers_first = defers_first

    @app_commands.command(name="fail", description="Fail somehow.")
    async def fail(self, interaction: Interaction) -> None:
        if self._answers_first:
            await interaction.response.send_message("So far so good.", ephemeral=True)
        if self._defers_first:
            await interaction.response.defer(ephemeral=True, thinking=True)
        raise self._error


async def test_commands_are_sent_at_the_first_start_and_not_again(discord: DiscordSandbox) -> None:
    discord.add_guild("Film club")
    definitions = KeptDefinitions()

    for _ in range(2):
        async with running(a_client([Greeting()], definitions=definitions), discord):
            pass
        await discord.wait_until_gone()

    assert len(discord.requests.to(*PUT_COMMANDS)) == 1


async def test_changed_commands_are_sent_again(discord: DiscordSandbox) -> None:
    definitions = KeptDefinitions()
    async with running(a_client([Greeting()], definitions=definitions), discord):
        pass
    await discord.wait_until_gone()

    async with running(a_client([Greeting(), Failing(ValueError())], definitions=definitions), discord):
        pass

    assert len(discord.requests.to(*PUT_COMMANDS)) == 2


async def test_the_gateway_is_the_one_that_the_api_names(discord: DiscordSandbox) -> None:
    """With a fixed number of shards discord.py would not ask, and go to Discord's own address."""
    discord.add_guild("Film club")

    async with running(a_client([Greeting()], shard_count=1), discord):
        assert len(discord.gateway.connected) == 1


async def test_the_client_comes_back_to_the_same_gateway_after_an_outage(discord: DiscordSandbox) -> None:
    discord.add_guild("Film club")
    async with running(a_client([Greeting()]), discord):
        discord.gateway.disconnect()
        await discord.wait_until_gone()
        await discord.wait_until_ready(timeout=10)


async def test_the_client_asks_for_guilds_and_nothing_else(discord: DiscordSandbox) -> None:
    client = a_client([Greeting()])

    assert client.intents.value == 1
    assert list(client.cached_messages) == []
    assert not client._connection.member_cache_flags.value


async def test_guilds_are_reported_when_seen_joined_and_left(discord: DiscordSandbox) -> None:
    first = discord.add_guild("Film club")
    log = GuildLog()
    async with running(a_client([Greeting()], guilds=log), discord):
        assert await log.next() == ("seen", first.id)

        second = discord.add_guild("Book club")
        assert await log.next() == ("seen", second.id)

        second.kick_bot()
        assert await log.next() == ("gone", second.id)


async def test_names_of_servers_and_channels_are_kept_as_they_change(discord: DiscordSandbox) -> None:
    guild = discord.add_guild("Film club")
    lobby = guild.add_channel("lobby")
    log = GuildLog()

    async def called(name: str, *channels: str) -> None:
        async with asyncio.timeout(30):
            while True:
                names = log.names.get(GuildId(guild.id))
                if names is not None and (names.name, sorted(names.channels.values())) == (name, sorted(channels)):
                    return
                await asyncio.sleep(0.01)

    async with running(a_client([Greeting()], guilds=log), discord):
        await called("Film club", "lobby")
        videos = guild.add_channel("videos")
        await called("Film club", "lobby", "videos")
        discord.world.emit(Event("GUILD_UPDATE", guild.payload() | {"name": "Cinema"}, guild.id))
        await called("Cinema", "lobby", "videos")
        discord.world.emit(Event("CHANNEL_UPDATE", lobby.payload() | {"name": "foyer"}, guild.id))
        await called("Cinema", "foyer", "videos")
        discord.world.emit(Event("CHANNEL_DELETE", videos.payload(), guild.id))
        await called("Cinema", "foyer")
        kept = log.kept

        discord.world.emit(Event("CHANNEL_UPDATE", lobby.payload() | {"name": "foyer", "topic": "new"}, guild.id))
        discord.world.emit(Event("GUILD_CREATE", guild.gateway_payload(), guild.id))
        await called("Film club", "lobby", "videos")

        assert log.kept == kept + 1


async def test_a_failing_guild_callback_is_logged_and_does_no_harm(discord: DiscordSandbox) -> None:
    log = GuildLog(fails=True)
    guild = discord.add_guild("Film club")
    channel = guild.add_channel("videos")
    mia = guild.add_member("Mia")
    with LogWatch() as logged:
        async with running(a_client([Greeting()], guilds=log), discord):
            await logged.wait_for("event_failed")
            answer = await (await mia.slash(channel, "hello")).first_response()

    assert answer.message is not None
    assert answer.message.content == "Hello."


async def test_a_refusal_is_said_privately_in_its_own_words(discord: DiscordSandbox) -> None:
    text, ephemeral = await _failure_of(discord, Failing(InvalidRequest("No such thing.")))

    assert (text, ephemeral) == ("No such thing.", True)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (DatabaseUnavailable("secret detail"), "cannot reach its database"),
        (DatabaseMissing("secret detail"), "database is missing, so it cannot take new videos."),
    ],
)
async def test_trouble_of_the_database_gets_words_and_no_reference(
    discord: DiscordSandbox, caplog: pytest.LogCaptureFixture, error: Exception, words: str
) -> None:
    text, ephemeral = await _failure_of(discord, Failing(error))

    assert ephemeral
    assert words in text
    assert "secret detail" not in text
    assert "Reference" not in text
    (record,) = [record for record in caplog.records if getattr(record, "action", "") == "command_failed"]
    assert record.levelno == logging.WARNING


async def test_an_unforeseen_error_gets_words_and_a_reference_that_leads_to_the_traceback(
    discord: DiscordSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    error = KeyError("secret detail")
    text, ephemeral = await _failure_of(discord, Failing(error))

    assert ephemeral
    assert "unexpected" in text
    assert "secret detail" not in text
    (record,) = [record for record in caplog.records if getattr(record, "action", "") == "command_failed"]
    assert record.exc_info is not None
    assert record.exc_info[1] is error
    assert vars(record)["reference"] in text


async def test_an_error_after_the_answer_comes_as_a_private_follow_up(discord: DiscordSandbox) -> None:
    guild = discord.add_guild("Film club")
    channel, mia = guild.add_channel("videos"), guild.add_member("Mia")
    async with running(a_client([Failing(InvalidRequest("Too late."), answers_first=True)]), discord):
        followup = await (await mia.slash(channel, "fail")).followup()

    assert followup.content == "Too late."
    assert followup.ephemeral


async def test_an_error_after_thinking_takes_its_place(discord: DiscordSandbox) -> None:
    guild = discord.add_guild("Film club")
    channel, mia = guild.add_channel("videos"), guild.add_member("Mia")
    async with running(a_client([Failing(InvalidRequest("Sorry."), defers_first=True)]), discord):
        interaction = await mia.slash(channel, "fail")
        answer = await interaction.first_response()
        message = answer.message
        assert message is not None
        await discord.wait_for(lambda: not message.loading)

    assert message.content == "Sorry."
    assert message.ephemeral


async def test_an_answer_that_cannot_be_given_is_only_logged(discord: DiscordSandbox) -> None:
    guild = discord.add_guild("Film club")
    channel, mia = guild.add_channel("videos"), guild.add_member("Mia")
    discord.faults.answer("POST", "/interactions/*", status=404, code=10062, times=None)
    with LogWatch() as logged:
        async with running(a_client([Failing(InvalidRequest("Unheard."))]), discord):
            await mia.slash(channel, "fail")

            await logged.wait_for("error_not_told")


async def _failure_of(discord: DiscordSandbox, cog: Failing) -> tuple[str, bool]:
    guild = discord.add_guild("Film club")
    channel, mia = guild.add_channel("videos"), guild.add_member("Mia")
    async with running(a_client([cog]), discord):
        answer = await (await mia.slash(channel, "fail")).first_response()
    assert answer.message is not None
    return answer.message.content, answer.ephemeral


async def test_the_client_knows_which_guilds_it_is_not_in(scene: Scene) -> None:
    """Also those that removed it while it was away: Discord names every guild when a shard connects."""
    elsewhere = scene.discord.add_guild("Book club", bot_permissions=None)
    await scene.client.wait_until_ready()

    assert scene.client.has_left(GuildId(elsewhere.id))
    assert not scene.client.has_left(GuildId(scene.guild.id))
    assert not a_client().has_left(GuildId(elsewhere.id))
