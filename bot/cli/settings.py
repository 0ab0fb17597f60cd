"""`videobot settings`: the operator's way to the settings that a server's admins have in `/settings`."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping

import click

from bot.cli.arguments import guild_argument, json_option
from bot.cli.database import with_stores
from bot.cli.groups import Aliases
from bot.cli.servers import echo_heading, place
from bot.domain.actor import OPERATOR
from bot.domain.guild_names import GuildNames, Place, named
from bot.domain.identifiers import ChannelId, GuildId
from bot.domain.option_kinds import Stored
from bot.domain.options import OPTIONS, GuildOptions, find_option
from bot.terminal import shown
from storage.stores import Stores

CHANNEL = re.compile(r"<#(\d{1,19})>")
NAMES = "\n".join(f"  {option.name}: {option.kind.takes}" for option in OPTIONS)


@click.group(cls=Aliases, aliases={"list": "show"})
def command() -> None:
    """Show and change the settings that a server's admins have in /settings.

    GUILD_ID is the server's id: in Discord, turn on Developer Mode (Settings → Advanced), right-click the server's name
    and choose "Copy Server ID". Channels, roles and members are given by id too.
    """


@command.command()
@guild_argument
@json_option
def show(guild_id: int, *, as_json: bool) -> None:
    """Show every setting of a server."""
    _print(guild_id, lambda stores: stores.options.of(GuildId(guild_id)), as_json=as_json)


@command.command("set", epilog=f"\b\nNames, and allowed values:\n{NAMES}")
@guild_argument
@click.argument("name")
@click.argument("value")
@json_option
def change(guild_id: int, name: str, value: str, *, as_json: bool) -> None:
    """Change one setting of a server. It applies from the next command on; the bot may be running or stopped."""
    option = find_option(name)
    wanted = option.kind.parse(value)
    _print(
        guild_id,
        lambda stores: stores.options.change(GuildId(guild_id), option, lambda _: wanted, actor=OPERATOR),
        as_json=as_json,
    )


def _print(guild_id: int, work: Callable[[Stores], Awaitable[GuildOptions]], *, as_json: bool) -> None:
    async def run(stores: Stores) -> tuple[GuildOptions, Place, GuildNames | None]:
        where = await place(stores, GuildId(guild_id))
        names = (await stores.names.of([GuildId(guild_id)])).get(GuildId(guild_id))
        return await work(stores), where, names

    options, where, names = with_stores(run)
    if as_json:
        facts = {"guild_id": str(guild_id), "settings": _fields(options)}
        click.echo(json.dumps(facts | {"guild_name": where.guild.name}))
        return
    echo_heading(where)
    channels = {} if names is None else names.channels
    for option in OPTIONS:
        words = option.kind.in_words(getattr(options, option.name))
        click.echo(shown(f"{option.name}: {_with_names(words, channels)}"))


def _with_names(words: str, channels: Mapping[ChannelId, str]) -> str:
    """Discord shows a channel's name instead of `<#id>`; a terminal needs both."""
    return CHANNEL.sub(lambda found: named(found[0], channels.get(ChannelId(int(found[1])))), words)


def _fields(options: GuildOptions) -> dict[str, Stored]:
    """Ids are text: many JSON readers round 64-bit numbers."""
    return {option.name: option.kind.encode(getattr(options, option.name)) for option in OPTIONS}
