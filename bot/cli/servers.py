"""How the command line takes and names servers: by their ids, shown with their names where Discord has told them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import click

from bot.cli.books import opened_database
from bot.domain.guild_names import KnownGuild, Place, closest_guild, named, place_of
from bot.domain.identifiers import GuildId
from bot.errors import VideobotError
from bot.settings import load_settings
from bot.terminal import shown
from storage.database.engine import Database
from storage.names import NameStore

LARGEST_ID: Final = 2**63 - 1


class ServerId(click.IntRange):
    """A server's id; whoever gives something else is told which server's name or id comes closest."""

    def __init__(self) -> None:
        super().__init__(1, LARGEST_ID)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  click's own
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as refused:
            if (closest := asyncio.run(_closest(str(value)))) is None:
                raise
            self.fail(f"{refused.message} The closest server is {closest}.", param, ctx)


guild_argument = click.argument("guild_id", type=ServerId())


async def place(database: Database, guild_id: GuildId) -> Place:
    """The server, and whether the bot is in it. Raises `StorageError`."""
    return place_of(guild_id, await NameStore(database=database).known())


async def server_names(database: Database) -> Mapping[int, str | None]:
    """The name of every server that the bot has heard of. Raises `StorageError`."""
    return {guild.guild_id: guild.name for guild in await NameStore(database=database).known()}


def server(guild_id: int, names: Mapping[int, str | None]) -> str:
    """For example "server 1234 (Cats)"."""
    return f"server {named(guild_id, names.get(guild_id))}"


def echo_heading(where: Place) -> None:
    """Whose rows follow; nothing where that says no more than the call did."""
    if where.guild.name:
        click.echo(shown(f"Server {where.guild}:"))


async def _closest(words: str) -> KnownGuild | None:
    """None also where no database can be asked: this only helps with a call that is refused anyway."""
    with suppress(VideobotError, OSError):
        async with opened_database(load_settings().database_url) as database:
            return closest_guild(words, await NameStore(database=database).known())
    return None
