"""`videobot credits`: the credits that the operator grants to servers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict

import click

from bot.cli.arguments import WholeNumber, guild_argument, json_option, reason_option
from bot.cli.database import with_stores
from bot.cli.guilds import list_all
from bot.cli.servers import place
from bot.domain.actor import OPERATOR
from bot.domain.guild_names import Place
from bot.domain.identifiers import Credits, GuildId
from bot.domain.ledger import LARGEST_AMOUNT, Balance
from bot.terminal import shown
from storage.stores import Stores

amount_argument = click.argument("amount", type=WholeNumber(1, LARGEST_AMOUNT))
with_reason = reason_option("Why; kept in the ledger permanently.")


@click.group()
def command() -> None:
    """Grant, revoke, show and list servers' credits.

    GUILD_ID is the server's id: in Discord, turn on Developer Mode (Settings → Advanced), right-click the server's name
    and choose "Copy Server ID".
    """


@command.command()
@guild_argument
@amount_argument
@with_reason
def grant(guild_id: int, amount: int, reason: str) -> None:
    """Give a server AMOUNT credits, whether or not the bot is in it yet."""
    after, where = _change(
        guild_id,
        lambda stores: stores.ledger.grant(GuildId(guild_id), Credits(amount), actor=OPERATOR, reason=reason),
    )
    click.echo(shown(f"Granted {amount:,} credits to server {where.guild}. {_in_words(after)}"))
    if where.warning:
        click.echo(shown(f"Note: {where.warning}"), err=True)


@command.command()
@guild_argument
@amount_argument
@with_reason
def revoke(guild_id: int, amount: int, reason: str) -> None:
    """Take AMOUNT of the available credits back from a server."""
    after, where = _change(
        guild_id,
        lambda stores: stores.ledger.revoke(GuildId(guild_id), Credits(amount), actor=OPERATOR, reason=reason),
    )
    click.echo(shown(f"Revoked {amount:,} credits from server {where.guild}. {_in_words(after)}"))


@command.command()
@guild_argument
@json_option
def show(guild_id: int, *, as_json: bool) -> None:
    """Show what a server has available, reserved for videos in progress, and spent."""
    balance, where = _change(guild_id, lambda stores: stores.ledger.balance(GuildId(guild_id)))
    if as_json:
        sums = asdict(balance)
        kept = {name: sums[name] for name in ("available", "reserved", "spent")}
        click.echo(json.dumps({"guild_id": str(guild_id), **kept}))
    else:
        click.echo(shown(f"Server {where.guild}. {_in_words(balance)}"))


command.add_command(list_all, "list")


def _change(guild_id: int, work: Callable[[Stores], Awaitable[Balance]]) -> tuple[Balance, Place]:
    """The server is looked up first: a failure there must not hide a change that was made."""

    async def changed(stores: Stores) -> tuple[Balance, Place]:
        where = await place(stores, GuildId(guild_id))
        return await work(stores), where

    return with_stores(changed)


def _in_words(balance: Balance) -> str:
    return f"Available: {balance.available:,}, reserved: {balance.reserved:,}, spent: {balance.spent:,}."
