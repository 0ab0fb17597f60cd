"""`videobot run`: run the bot until it is stopped."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import click
from pydantic import SecretStr

from bot.app import run_bot
from bot.app.signals import stop_on_signals
from bot.cli.arguments import WholeNumber
from bot.log import configure_logging
from bot.settings import Settings, ignored_proxies, load_settings, require_for_run

_log = logging.getLogger(__name__)


DEFAULT_WAIT = 120
LONGEST_WAIT = 86_400


@click.command()
@click.option(
    "--wait",
    is_flag=False,
    flag_value=DEFAULT_WAIT,
    default=0,
    type=WholeNumber(0, LONGEST_WAIT),
    metavar="[SECONDS]",
    help=f"Wait for the previous bot to stop, for at most this long (default: {DEFAULT_WAIT} s).",
)
@click.option("--new-database", is_flag=True, help="Start with an empty database even though there was one before.")
def command(*, wait: int, new_database: bool) -> None:
    """Start the bot and serve until SIGTERM, SIGHUP or Ctrl-C.

    Only one bot can use a database at a time: a second one says which bot is using it and exits; with --wait, it starts
    once the first has stopped. The database is upgraded first (SQLite: after making a copy). When stopped, the bot
    accepts nothing new, finishes sending an order (up to 90 seconds) and exits; unfinished videos continue at the next
    start.
    """
    settings = load_settings()
    token, key, _ = require_for_run(settings)
    secrets = [token, key, *settings.encryption_keys, *_passwords(settings.database_url)]
    configure_logging(settings.log_level, settings.log_format, secrets)
    for name in ignored_proxies():
        _log.warning("%s is set, but the bot connects directly and ignores it", name, extra={"action": "proxy_ignored"})
    asyncio.run(_run(settings, timedelta(seconds=wait), new_database=new_database))


def _passwords(url: str) -> list[SecretStr]:
    """As written in the URL, and decoded."""
    parts = urlsplit(url)
    written = [parts.password or "", unquote(parts.password or ""), *parse_qs(parts.query).get("password", [])]
    return [SecretStr(password) for password in written if password]


async def _run(settings: Settings, wait: timedelta, *, new_database: bool) -> None:
    stop = asyncio.Event()
    stop_on_signals(stop)
    await run_bot(settings, stop, wait=wait, new_database=new_database)
    _log.info("Left in good order", extra={"action": "stopped"})
