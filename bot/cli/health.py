"""`videobot health`: ask the running bot whether it is well. A container's health check calls this."""

from __future__ import annotations

import sys
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

import click

from bot.health_file import announced_address
from bot.settings import load_settings

MOST_BYTES = 1024
"""Read of the answer: a healthy bot answers with one word."""


@click.command()
def command() -> None:
    """Ask the running bot whether it is well. Exit code 0 or 1.

    Use the bot's own settings: it is found by METRICS_ADDR, or by the address it keeps in DATA_DIR.
    """
    settings = load_settings()
    address = settings.metrics_addr or announced_address(settings.data_dir)
    if address is None:
        raise click.ClickException("No bot is running with this DATA_DIR and METRICS_ADDR.")
    host, _, port = address.rpartition(":")
    nearby = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104  "all addresses" includes this one
    directly = build_opener(ProxyHandler({}))
    try:
        with directly.open(f"http://{nearby}:{port}/healthz", timeout=5) as answer:
            said = answer.read(MOST_BYTES).decode(errors="replace").strip()
    except (OSError, HTTPException, ValueError):
        said = ""
    if said != "ok":  # another program may be using the port by now
        click.echo("The bot does not answer.", err=True)
        sys.exit(1)
    click.echo(said)
