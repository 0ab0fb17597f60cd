"""`videobot guilds`: the servers that the bot has heard of, at a glance."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence

import click

from bot.cli.books import opened_database
from bot.domain.guild_facts import GuildFacts
from bot.settings import load_settings
from bot.spreadsheet import time_text
from bot.terminal import shown
from storage.guild_list import GuildList


@click.group()
def command() -> None:
    """List the servers."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="A JSON list with an object for each server, for scripts.")
def list_all(*, as_json: bool) -> None:
    """List every server: since when, whose PowerPost account pays, its credits, and its jobs by state."""
    known = asyncio.run(_all())
    if as_json:
        click.echo(json.dumps([_object(guild) for guild in known]))
    elif known:
        click.echo("\n".join(shown(_line(guild)) for guild in known))
    else:
        click.echo("The bot has not heard of any server yet.")


async def _all() -> Sequence[GuildFacts]:
    async with opened_database(load_settings().database_url) as database:
        return await GuildList(database=database).all()


def _object(guild: GuildFacts) -> dict[str, object]:
    balance = guild.balance
    return {
        "guild_id": str(guild.guild_id),
        "since_at": None if guild.since_at is None else time_text(guild.since_at),
        "left_at": None if guild.left_at is None else time_text(guild.left_at),
        "linked": guild.is_linked,
        "available": balance.available,
        "reserved": balance.reserved,
        "spent": balance.spent,
        "jobs": {state.value: number for state, number in guild.jobs.items()},
    }


def _line(guild: GuildFacts) -> str:
    balance, jobs = guild.balance, ", ".join(f"{number} {state}" for state, number in guild.jobs.items())
    return (
        f"{guild.guild_id}  {_presence(guild)}  {'own account' if guild.is_linked else 'granted credits'}  "
        f"available {balance.available}, reserved {balance.reserved}, spent {balance.spent}  jobs: {jobs or 'none'}"
    )


def _presence(guild: GuildFacts) -> str:
    if guild.since_at is None:
        return "never joined"
    since = f"since {guild.since_at:%Y-%m-%d}"
    return since if guild.left_at is None else f"{since}, left {guild.left_at:%Y-%m-%d}"
