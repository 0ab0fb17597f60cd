"""`videobot run`: the bot itself, until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from urllib.parse import urlsplit

import click
from pydantic import SecretStr

from bot.app import run_bot
from bot.log import configure_logging
from bot.settings import Settings, load_settings, require_for_run

_log = logging.getLogger(__name__)


@click.command()
@click.option("--new-database", is_flag=True, help="Begin with an empty database although there was one before.")
def command(*, new_database: bool) -> None:
    """Start the bot and serve until SIGTERM or Ctrl-C.

    The database is brought up to date first (SQLite: after a copy). A stop takes no new work, lets an order that is
    under way end (up to 90 seconds) and leaves; unfinished videos go on at the next start.
    """
    settings = load_settings()
    token, key, _ = require_for_run(settings)
    secrets = [token, key, *settings.encryption_keys, *_passwords(settings.database_url)]
    configure_logging(settings.log_level, settings.log_format, secrets)
    asyncio.run(_run(settings, new_database=new_database))


def _passwords(url: str) -> list[SecretStr]:
    password = urlsplit(url).password
    return [SecretStr(password)] if password else []


async def _run(settings: Settings, *, new_database: bool) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await run_bot(settings, stop, new_database=new_database)
    _log.info("Left in good order", extra={"action": "stopped"})
