"""`videobot ledger`: prove that the ledger adds up, and export its entries for other accounting."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import IO, Any, TextIO

import click

from bot.cli.arguments import ServerId, json_option
from bot.cli.database import with_stores
from bot.cli.export import FORMATS, write_ledger
from bot.domain.identifiers import GuildId
from bot.terminal import shown
from storage.stores import Stores


class Output(click.File):
    """A file that appears once it is complete; a pipe or a device is written to, not replaced."""

    def convert(
        self, value: str | os.PathLike[str] | IO[Any], param: click.Parameter | None, ctx: click.Context | None
    ) -> IO[Any]:
        is_whole = not isinstance(value, str) or value == "-" or not Path(value).exists() or Path(value).is_file()
        target = self if is_whole else click.File("w", encoding="utf-8")
        return click.File.convert(target, value, param, ctx)


@click.group()
def command() -> None:
    """Check and export the ledger."""


@command.command()
@json_option
def verify(*, as_json: bool) -> None:
    """Recompute every balance and every job from the ledger's entries.

    Exit code 0 when everything adds up; otherwise 1, with one line per problem. The bot may keep running.
    """
    problems, entries, written_off = with_stores(_checked)
    if as_json:
        found = {"sound": not problems, "entries": entries, "written_off": written_off, "problems": list(problems)}
        click.echo(json.dumps(found))
    elif problems:
        click.echo("\n".join(map(shown, problems)))
    else:
        click.echo(f"The ledger adds up: {entries:,} entries match every balance and every job.")
        if written_off:
            click.echo(f"Written off: {written_off:,} credits that PowerPost may have charged for unconfirmed orders.")
    sys.exit(1 if problems else 0)


@command.command()
@click.option(
    "--format",
    "file_format",
    type=click.Choice(list(FORMATS)),
    default="csv",
    show_default=True,
    help="CSV, or JSON lines.",
)
@click.option("--guild", "guild_id", type=ServerId(), help="Only this server's entries.")
@click.option(
    "--output",
    "target",
    type=Output("w", encoding="utf-8", atomic=True),
    default="-",
    help="Write to this file, which appears once it is complete. Printed if not given.",
)
def export(file_format: str, guild_id: int | None, target: TextIO) -> None:
    """Write every entry of the ledger, oldest first.

    The bot may keep running: the export is a snapshot. Amounts are whole credits, times are UTC.
    """
    which = None if guild_id is None else GuildId(guild_id)
    number = with_stores(lambda stores: write_ledger(stores.ledger.pages(which), target, file_format))
    click.echo(f"Exported {number:,} entries.", err=True)


async def _checked(stores: Stores) -> tuple[list[str], int, int]:
    ledger = stores.ledger
    return list(await ledger.verify()), len(await ledger.entries()), await ledger.written_off()
