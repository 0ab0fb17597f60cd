"""`videobot health`: asks the running bot whether it is well; what a container's health check calls."""

from __future__ import annotations

import sys
from http.client import HTTPException
from urllib.request import ProxyHandler, build_opener

import click

from bot.settings import load_settings

MOST_BYTES = 1024
"""Of the answer: what is well says so in one word."""


@click.command()
def command() -> None:
    """Ask the running bot whether it is well. Needs METRICS_ADDR; exit code 0 or 1."""
    address = load_settings().metrics_addr
    if address is None:
        raise click.ClickException("METRICS_ADDR is not set, so the bot cannot be asked.")
    host, _, port = address.rpartition(":")
    nearby = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104  every address includes this one
    directly = build_opener(ProxyHandler({}))
    try:
        with directly.open(f"http://{nearby}:{port}/healthz", timeout=5) as answer:
            click.echo(answer.read(MOST_BYTES).decode(errors="replace").strip())
    except (OSError, HTTPException):
        click.echo("The bot does not answer.", err=True)
        sys.exit(1)
