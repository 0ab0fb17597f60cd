"""`videobot spending`: the switch that stops all spending at once, also while the bot runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import click

from bot.cli.books import opened_database
from bot.cli.groups import Aliases
from bot.cli.reason import reason_option
from bot.clock import SystemClock
from bot.domain.actor import OPERATOR
from bot.domain.spending import SpendingStatus, status_text
from bot.settings import load_settings
from bot.spreadsheet import time_text
from bot.terminal import shown
from storage.spending import SpendingSwitch

with_reason = reason_option("Why; kept for ever.")


@click.group(cls=Aliases, aliases={"show": "status"})
def command() -> None:
    """Stop all spending at once, and start it again.

    The switch is kept in the database: it works on a running bot, in all of its processes, and survives restarts.
    """


@command.command()
@with_reason
def stop(reason: str) -> None:
    """Take no request and send no order from now on.

    What is ordered already is paid for, and goes on. Queued videos wait, with their credits held.
    """
    click.echo(_words(_with_switch(lambda switch: switch.stop(actor=OPERATOR, reason=reason))))


@command.command()
@with_reason
def start(reason: str) -> None:
    """Let requests and orders go again; queued videos are ordered within seconds."""
    click.echo(_words(_with_switch(lambda switch: switch.start(actor=OPERATOR, reason=reason))))


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def status(*, as_json: bool) -> None:
    """Tell whether spending is stopped, since when, by whom and why."""
    found = _with_switch(lambda switch: switch.status())
    click.echo(json.dumps(_object(found)) if as_json else _words(found))


def _words(found: SpendingStatus) -> str:
    change = found.change and replace(found.change, reason=shown(found.change.reason))
    return status_text(replace(found, change=change))


def _with_switch(work: Callable[[SpendingSwitch], Awaitable[SpendingStatus]]) -> SpendingStatus:
    return asyncio.run(_worked(work))


async def _worked(work: Callable[[SpendingSwitch], Awaitable[SpendingStatus]]) -> SpendingStatus:
    async with opened_database(load_settings().database_url) as database:
        return await work(SpendingSwitch(database=database, clock=SystemClock()))


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
