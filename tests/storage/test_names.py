"""The names of servers and channels, stored beside their ids."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event

from bot.domain.guild_names import LONGEST_NAME, MOST_CHANNELS, GuildNames, KnownGuild
from bot.domain.identifiers import ChannelId, Credits, GuildId
from storage.database.engine import Database
from storage.erasure import ErasureStore
from storage.guild_list import GuildList
from storage.guilds import GuildStore
from storage.names import NameStore
from tests.clocks import MovableClock

FILM = GuildId(1234567890123456789)
NAMES = GuildNames("Film Club 🎬", {ChannelId(7): "general", ChannelId(2**62): "vidéos"})


@pytest.fixture
def names(database: Database) -> NameStore:
    return NameStore(database=database)


async def test_names_are_kept_and_follow_what_discord_says(names: NameStore, database: Database) -> None:
    await names.keep(FILM, NAMES)
    assert await names.of([FILM, GuildId(5)]) == {FILM: NAMES}

    later = GuildNames("Cinema", {ChannelId(7): "lobby"})
    await names.keep(FILM, later)

    assert await names.of([FILM]) == {FILM: later}
    assert [guild.name for guild in await GuildList(database=database).all()] == ["Cinema"]


async def test_names_that_are_known_already_write_nothing(names: NameStore, database: Database) -> None:
    await names.keep(FILM, NAMES)
    statements: list[str] = []
    event.listen(database._writing.sync_engine, "before_cursor_execute", lambda *call: statements.append(call[2]))

    await names.keep(FILM, NAMES)

    assert [one for one in statements if not one.lstrip().upper().startswith("SELECT")] == []


async def test_names_from_outside_are_bounded(names: NameStore) -> None:
    channels = {ChannelId(number): "c" * 5000 for number in range(1, 5000)}

    await names.keep(FILM, GuildNames("x\0\ud800" + "n" * 5000, channels))

    kept = (await names.of([FILM]))[FILM]
    assert len(kept.name) <= LONGEST_NAME
    assert len(kept.channels) == MOST_CHANNELS
    assert {len(name) for name in kept.channels.values()} == {LONGEST_NAME}


async def test_names_are_forgotten_with_the_server(names: NameStore, database: Database) -> None:
    clock = MovableClock()
    guilds = GuildStore(database=database, clock=clock)
    await guilds.ensure(FILM, Credits(0))
    await names.keep(FILM, NAMES)
    await guilds.mark_left(FILM)
    clock.move(timedelta(days=31))

    await ErasureStore(database=database, clock=clock).forget_guilds([FILM], clock.now())

    assert await names.of([FILM]) == {}
    assert await names.known() == [KnownGuild(FILM, None, is_present=False)]


async def test_a_server_is_known_to_be_there_only_while_the_bot_is_in_it(names: NameStore, database: Database) -> None:
    guilds = GuildStore(database=database, clock=MovableClock())
    await names.keep(FILM, NAMES)
    assert [guild.is_present for guild in await names.known()] == [False]

    await guilds.ensure(FILM, Credits(0))
    assert [guild.is_present for guild in await names.known()] == [True]
