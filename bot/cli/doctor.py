"""`videobot doctor`: check everything that the bot depends on, and say how to fix each fault."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict

import click

from bot.cli.arguments import json_option
from bot.cli.checks import all_checks
from bot.cli.finding import Finding
from bot.settings import Settings, load_settings
from bot.terminal import shown


@click.command()
@json_option
def command(*, as_json: bool) -> None:
    """Check settings, Discord, PowerPost, the database, the disk and the clock.

    Exit code 0 when the bot can run, 1 when something must be fixed, 2 when a setting is wrong.
    """
    findings = asyncio.run(_examine(load_settings()))
    is_well = all(finding.is_well for finding in findings)
    if as_json:
        click.echo(json.dumps({"well": is_well, "findings": [asdict(finding) for finding in findings]}))
    else:
        click.echo("\n".join(_line(finding) for finding in findings))
        click.echo("Ready: `videobot run` starts the bot." if is_well else "Fix what is marked, then try again.")
    sys.exit(0 if is_well else 1)


async def _examine(settings: Settings) -> list[Finding]:
    return [finding for check in all_checks(settings) for finding in await check()]


def _line(finding: Finding) -> str:
    mark = click.style("ok ", fg="green") if finding.is_well else click.style("FIX", fg="red")
    advice = f"\n     → {shown(finding.advice)}" if finding.advice else ""
    return f"{mark}  {finding.subject}: {shown(finding.fact)}{advice}"
