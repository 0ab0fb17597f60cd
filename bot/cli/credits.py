"""`videobot credits`: what the operator gives to servers, and what became of it."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from bot.cli.books import with_ledger
from bot.cli.reason import reason_option
from bot.domain.identifiers import Credits, GuildId
from bot.domain.ledger import Balance
from storage.ledger import LARGEST_AMOUNT, LedgerStore

LARGEST_ID = 2**63 - 1
guild_argument = click.argument("guild_id", type=click.IntRange(1, LARGEST_ID))
amount_argument = click.argument("amount", type=click.IntRange(1, LARGEST_AMOUNT))
with_reason = reason_option("Why; kept in the ledger for ever.")


@click.group()
def command() -> None:
    """Grant, revoke and show a server's credits.

    GUILD_ID is the server's id: in Discord, turn on Developer Mode (Settings → Advanced), right-click the server's name
    and choose "Copy Server ID".
    """


@command.command()
@guild_argument
@amount_argument
@with_reason
def grant(guild_id: int, amount: int, reason: str) -> None:
    """Give a server AMOUNT credits."""
    after = with_ledger(
        lambda ledger: ledger.grant(GuildId(guild_id), Credits(amount), actor="operator", reason=reason)
    )
    click.echo(f"Granted {amount} credits to server {guild_id}. {_in_words(after)}")


@command.command()
@guild_argument
@amount_argument
@with_reason
def revoke(guild_id: int, amount: int, reason: str) -> None:
    """Take AMOUNT of the available credits back from a server."""
    after = with_ledger(
        lambda ledger: ledger.revoke(GuildId(guild_id), Credits(amount), actor="operator", reason=reason)
    )
    click.echo(f"Revoked {amount} credits from server {guild_id}. {_in_words(after)}")


@command.command()
@guild_argument
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def show(guild_id: int, *, as_json: bool) -> None:
    """Show what a server has available, reserved for videos in the making, and spent."""
    balance = with_ledger(lambda ledger: _balance(ledger, GuildId(guild_id)))
    if as_json:
        sums = asdict(balance)
        kept = {name: sums[name] for name in ("available", "reserved", "spent")}
        click.echo(json.dumps({"guild_id": str(guild_id), **kept}))
    else:
        click.echo(f"Server {guild_id}. {_in_words(balance)}")


async def _balance(ledger: LedgerStore, guild_id: GuildId) -> Balance:
    return await ledger.balance(guild_id)


def _in_words(balance: Balance) -> str:
    return f"Available: {balance.available}, reserved: {balance.reserved}, spent: {balance.spent}."
