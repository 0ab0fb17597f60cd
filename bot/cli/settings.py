"""`videobot settings`: what the admins of a server set in `/settings`, for the operator."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from bot.cli.books import opened_database
from bot.cli.credits import guild_argument
from bot.clock import SystemClock
from bot.domain.identifiers import GuildId
from bot.domain.option_kinds import Stored
from bot.domain.options import OPTIONS, GuildOptions, find_option
from bot.settings import load_settings
from bot.terminal import shown
from storage.options import OptionStore

Result = TypeVar("Result")

json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
NAMES = "\n".join(f"  {option.name}: {option.kind.takes}" for option in OPTIONS)


@click.group()
def command() -> None:
    """Show and change a server's settings, those that its admins have in /settings.

    GUILD_ID is the server's id: in Discord, turn on Developer Mode (Settings → Advanced), right-click the server's name
    and choose "Copy Server ID". Channels, roles and members are named by their ids too.
    """


@command.command()
@guild_argument
@json_option
def show(guild_id: int, *, as_json: bool) -> None:
    """Show every setting of a server."""
    _print(guild_id, _with_options(lambda store: store.of(GuildId(guild_id))), as_json=as_json)


@command.command("set", epilog=f"\b\nNames, and what they take:\n{NAMES}")
@guild_argument
@click.argument("name")
@click.argument("value")
@json_option
def change(guild_id: int, name: str, value: str, *, as_json: bool) -> None:
    """Set one setting of a server; it holds from the next command of a member on, whether the bot runs or not."""
    option = find_option(name)
    wanted = option.kind.parse(value)
    options = _with_options(lambda store: store.change(GuildId(guild_id), option, lambda _: wanted, actor="operator"))
    _print(guild_id, options, as_json=as_json)


def _print(guild_id: int, options: GuildOptions, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"guild_id": str(guild_id), "settings": _fields(options)}))
        return
    for option in OPTIONS:
        click.echo(shown(f"{option.name}: {option.kind.in_words(getattr(options, option.name))}"))


def _fields(options: GuildOptions) -> dict[str, Stored]:
    """Ids are text, because numbers that long do not survive every reader of JSON."""
    return {option.name: option.kind.encode(getattr(options, option.name)) for option in OPTIONS}


def _with_options(work: Callable[[OptionStore], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with opened_database(load_settings().database_url) as database:
            return await work(OptionStore(database=database, clock=SystemClock()))

    return asyncio.run(run())
