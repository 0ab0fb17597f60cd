"""How the command line names servers: by id, with the name if it is known."""

from __future__ import annotations

from collections.abc import Mapping

import click

from bot.domain.guild_names import Place, named, place_of
from bot.domain.identifiers import GuildId
from bot.terminal import shown
from storage.stores import Stores


async def place(stores: Stores, guild_id: GuildId) -> Place:
    """The server, and whether the bot is in it. Raises `StorageError`."""
    return place_of(guild_id, await stores.names.known())


async def server_names(stores: Stores) -> Mapping[int, str | None]:
    """The name of every server that the bot knows. Raises `StorageError`."""
    return {guild.guild_id: guild.name for guild in await stores.names.known()}


def server(guild_id: int, names: Mapping[int, str | None]) -> str:
    """For example "server 1234 (Cats)"."""
    return f"server {named(guild_id, names.get(guild_id))}"


def echo_heading(where: Place) -> None:
    """The server whose rows follow; nothing if its name is unknown, since the caller gave the id."""
    if where.guild.name:
        click.echo(shown(f"Server {where.guild}:"))
