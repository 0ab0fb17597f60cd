"""`videobot spending`: stop all spending at once, even while the bot runs."""

from __future__ import annotations

import json
from dataclasses import replace

import click

from bot.cli.arguments import json_option, reason_option
from bot.cli.database import with_stores
from bot.cli.groups import Aliases
from bot.domain.actor import OPERATOR
from bot.domain.spending import SpendingStatus, status_text
from bot.spreadsheet import time_text
from bot.terminal import shown

with_reason = reason_option("Why; kept permanently.")


@click.group(cls=Aliases, aliases={"show": "status"})
def command() -> None:
    """Stop all spending at once, and start it again.

    The switch is kept in the database: it works on a running bot, in all of its processes, and survives restarts.
    """


@command.command()
@with_reason
def stop(reason: str) -> None:
    """Accept no requests and send no orders from now on.

    Videos that were already ordered are paid for and continue. Queued videos wait, with their credits held.
    """
    click.echo(_words(with_stores(lambda stores: stores.spending.stop(actor=OPERATOR, reason=reason))))


@command.command()
@with_reason
def start(reason: str) -> None:
    """Allow requests and orders again; queued videos are ordered within seconds."""
    click.echo(_words(with_stores(lambda stores: stores.spending.start(actor=OPERATOR, reason=reason))))


@command.command()
@json_option
def status(*, as_json: bool) -> None:
    """Show whether spending is stopped, since when, by whom and why."""
    found = with_stores(lambda stores: stores.spending.status())
    click.echo(json.dumps(_object(found)) if as_json else _words(found))


def _words(found: SpendingStatus) -> str:
    change = found.change and replace(found.change, reason=shown(found.change.reason))
    return status_text(replace(found, change=change))


def _object(found: SpendingStatus) -> dict[str, object]:
    change = found.change
    return {
        "stopped": found.is_stopped,
        "at": None if change is None else time_text(change.at),
        "actor": None if change is None else change.actor,
        "reason": None if change is None else change.reason,
        "waiting": found.waiting,
        "under_way": found.under_way,
        "submitting": found.submitting,
    }
