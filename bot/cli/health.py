"""`videobot health`: asks the running bot whether it is well; what a container's health check calls."""

from __future__ import annotations

import sys
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

import click

from bot.health_file import announced_address
from bot.settings import load_settings

MOST_BYTES = 1024
"""Of the answer: what is well says so in one word."""


@click.command()
def command() -> None:
    """Ask the running bot whether it is well. Exit code 0 or 1.

    It is asked on METRICS_ADDR, or where it has announced itself in DATA_DIR: call this with the bot's own settings.
    """
    settings = load_settings()
    address = settings.metrics_addr or announced_address(settings.data_dir)
    if address is None:
        raise click.ClickException("No bot runs here with this DATA_DIR and METRICS_ADDR.")
    host, _, port = address.rpartition(":")
    nearby = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104  every address includes this one
    directly = build_opener(ProxyHandler({}))
    try:
        with directly.open(f"http://{nearby}:{port}/healthz", timeout=5) as answer:
            said = answer.read(MOST_BYTES).decode(errors="replace").strip()
    except (OSError, HTTPException, ValueError):
        said = ""
    if said != "ok":  # another program may have the port by now
        click.echo("The bot does not answer.", err=True)
        sys.exit(1)
    click.echo(said)
