"""`videobot ledger`: proof that the books add up."""

from __future__ import annotations

import json
import sys

import click

from bot.cli.books import with_ledger
from storage.ledger import LedgerStore


@click.group()
def command() -> None:
    """Check the books."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for scripts.")
def verify(*, as_json: bool) -> None:
    """Recompute every balance and every job from the ledger's entries.

    Exit code 0 when everything adds up, else 1 and a line for each thing that is off. The bot may keep running.
    """
    problems, entries, written_off = with_ledger(_checked)
    if as_json:
        found = {"sound": not problems, "entries": entries, "written_off": written_off, "problems": list(problems)}
        click.echo(json.dumps(found))
    elif problems:
        click.echo("\n".join(problems))
    else:
        click.echo(f"The books are sound: {entries} entries, every balance and every job agrees.")
        if written_off:
            click.echo(
                f"Written off: {written_off} credits that PowerPost may have charged for orders never confirmed."
            )
    sys.exit(1 if problems else 0)


async def _checked(ledger: LedgerStore) -> tuple[list[str], int, int]:
    return list(await ledger.verify()), len(await ledger.entries()), await ledger.written_off()
