"""`videobot guilds`: the servers that the bot knows, at a glance."""

from __future__ import annotations

import json

import click

from bot.cli.arguments import ServerId, json_option
from bot.cli.database import with_stores
from bot.domain.guild_facts import GuildFacts
from bot.domain.guild_names import named
from bot.spreadsheet import time_text
from bot.terminal import shown


@click.group()
def command() -> None:
    """List the servers, or show one."""


GUILD = click.argument("guild_id", required=False, type=ServerId())


@command.command("list")
@GUILD
@json_option
def list_all(guild_id: int | None, *, as_json: bool) -> None:
    """List all servers, or one: when it joined, who pays, its credits, and its jobs by state."""
    known = [
        guild for guild in with_stores(lambda stores: stores.guild_list.all()) if guild_id in {None, guild.guild_id}
    ]
    if as_json:
        click.echo(json.dumps([_object(guild) for guild in known]))
    elif known:
        click.echo("\n".join(shown(_line(guild)) for guild in known))
    else:
        which = "any server" if guild_id is None else f"server {guild_id}"
        click.echo(f"The bot does not know {which} yet.")


command.add_command(list_all, "show")


def _object(guild: GuildFacts) -> dict[str, object]:
    balance = guild.balance
    return {
        "guild_id": str(guild.guild_id),
        "guild_name": guild.name,
        "since_at": None if guild.since_at is None else time_text(guild.since_at),
        "left_at": None if guild.left_at is None else time_text(guild.left_at),
        "linked": guild.is_linked,
        "available": balance.available,
        "reserved": balance.reserved,
        "spent": balance.spent,
        "jobs": {state.value: number for state, number in guild.jobs.items()},
    }


def _line(guild: GuildFacts) -> str:
    balance, jobs = guild.balance, ", ".join(f"{number:,} {state}" for state, number in guild.jobs.items())
    account = "own account" if guild.is_linked else "granted credits"
    sums = f"available {balance.available:,}, reserved {balance.reserved:,}, spent {balance.spent:,}"
    return f"{named(guild.guild_id, guild.name)}  {_presence(guild)}  {account}  {sums}  jobs: {jobs or 'none'}"


def _presence(guild: GuildFacts) -> str:
    if guild.since_at is None:
        return "never joined"
    since = f"since {guild.since_at:%Y-%m-%d}"
    return since if guild.left_at is None else f"{since}, left {guild.left_at:%Y-%m-%d}"
