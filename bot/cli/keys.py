"""`videobot keys`: the keys by which other people's secrets are encrypted in the database."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import click

from bot.cli.books import opened_database
from bot.clock import SystemClock
from bot.errors import SecretUnreadable
from bot.keyring import Keyring, new_key, open_keyring
from bot.settings import Settings, load_settings
from storage.workspaces import WorkspaceStore


@dataclass(frozen=True, slots=True)
class Rotation:
    """What was found: rows encrypted anew, rows under the newest key already, servers whose row cannot be read."""

    renewed: int
    current: int
    unreadable: tuple[int, ...]


@click.group()
def command() -> None:
    """Make and change the encryption keys (ENCRYPTION_KEYS)."""


@command.command()
def generate() -> None:
    """Print a new key. Put it first in ENCRYPTION_KEYS, before the old ones."""
    click.echo(new_key().get_secret_value())


@command.command()
def rotate() -> None:
    """Encrypt everything with the newest key, so that older ones can be removed.

    Restart the bot with the new key in ENCRYPTION_KEYS first. The bot may run; it is harmless to stop this halfway or
    to do it twice. Exit code 1 when something can be read with none of the keys.
    """
    done = asyncio.run(_rotate(load_settings()))
    click.echo(f"{done.renewed} encrypted anew, {done.current} under the newest key already.")
    if done.unreadable:
        servers = ", ".join(str(guild_id) for guild_id in done.unreadable)
        raise SecretUnreadable(
            f"The keys of these servers can be read with none of the encryption keys: {servers}. Add the key that they "
            "were encrypted with to ENCRYPTION_KEYS and repeat, or let their admins link their accounts anew."
        )
    click.echo("Older keys can be removed now.")


async def _rotate(settings: Settings) -> Rotation:
    keyring = open_keyring(settings.encryption_keys, settings.data_dir)
    async with opened_database(settings.database_url) as database:
        return await rotated(WorkspaceStore(database=database, clock=SystemClock()), keyring)


async def rotated(workspaces: WorkspaceStore, keyring: Keyring) -> Rotation:
    """Bring every stored key under the newest encryption key, each by itself.

    A row that is changed meanwhile, by an admin who links anew, is left to that change.
    """
    renewed, current, unreadable = 0, 0, []
    for link in await workspaces.with_keys():
        try:
            sealed = keyring.renewed(link.encrypted_key or b"")
        except SecretUnreadable:
            unreadable.append(link.guild_id)
            continue
        if sealed is None:
            current += 1
        elif await workspaces.replace_key(link, sealed):
            renewed += 1
    return Rotation(renewed, current, tuple(unreadable))
