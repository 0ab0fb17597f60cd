"""`videobot keys`: the keys that encrypt other people's secrets in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from bot.cli.database import with_stores
from bot.domain.identifiers import GuildId
from bot.domain.workspace import Link
from bot.errors import SecretUnreadable, SettingsError
from bot.keyring import Keyring, new_key, open_keyring, unreadable_guilds
from bot.settings import Settings, load_settings
from storage.stores import Stores


@dataclass(frozen=True, slots=True)
class Rotation:
    """Rows that were re-encrypted, rows that already had the newest key, and servers whose row cannot be read."""

    renewed: int
    current: int
    unreadable: tuple[int, ...]


class StoredKeys(Protocol):
    """The keys of servers' own accounts. Both raise `StorageError`."""

    async def with_keys(self) -> Sequence[Link]:
        """Every link that has a stored key."""

    async def replace_key(self, link: Link, encrypted_key: bytes) -> bool:
        """Store the same key, re-encrypted; False if the row has changed since `link` was read."""


@click.group()
def command() -> None:
    """Create and change the encryption keys (ENCRYPTION_KEYS)."""


@command.command()
def generate() -> None:
    """Print a new key. Put it first in ENCRYPTION_KEYS, before the old ones."""
    click.echo(new_key().get_secret_value())


@command.command()
def rotate() -> None:
    """Encrypt everything with the newest key, so that older ones can be removed.

    First restart the bot with the new key in ENCRYPTION_KEYS. The bot may keep running, and it is safe to interrupt or
    repeat this. Exit code 1 when none of the keys decrypts something.
    """
    settings = load_settings()
    done = with_stores(lambda stores: _rotate(stores, settings))
    click.echo(f"{done.renewed} re-encrypted, {done.current} already had the newest key.")
    if done.unreadable:
        servers = ", ".join(str(guild_id) for guild_id in done.unreadable)
        raise SecretUnreadable(
            f"None of the encryption keys decrypts the linked keys of these servers: {servers}. Add the key that they "
            "were encrypted with to ENCRYPTION_KEYS and repeat, or ask their admins to link their accounts again."
        )
    click.echo("Older keys can be removed now.")


@command.command()
@click.confirmation_option(
    prompt="Forget every linked key that none of the encryption keys decrypts? Those servers must link again."
)
def discard() -> None:
    """Forget the linked keys that none of the encryption keys decrypts.

    For encryption keys that are lost for good. The servers do not fall back to the operator's account: until an admin
    links again, each server sees that its key is refused.
    """
    settings = load_settings()
    servers = with_stores(lambda stores: _discard(stores, settings))
    click.echo(f"{len(servers)} linked keys were forgotten{_named(servers)}.")


async def _rotate(stores: Stores, settings: Settings) -> Rotation:
    is_empty = not await stores.workspaces.sealed()
    keyring = open_keyring(settings.encryption_keys, settings.data_dir, may_make=is_empty)
    return await rotated(stores.workspaces, keyring)


async def _discard(stores: Stores, settings: Settings) -> list[GuildId]:
    workspaces = stores.workspaces
    unreadable = _unreadable(settings, await workspaces.sealed())
    links = [link for link in await workspaces.with_keys() if link.guild_id in unreadable]
    return [link.guild_id for link in links if await workspaces.discard_key(link)]


def _unreadable(settings: Settings, sealed: Sequence[tuple[GuildId, bytes]]) -> set[GuildId]:
    """All of them if there are no encryption keys."""
    try:
        keyring = open_keyring(settings.encryption_keys, settings.data_dir, may_make=False)
    except SettingsError:
        return {guild_id for guild_id, _ in sealed}
    return set(unreadable_guilds(keyring, sealed))


def _named(servers: Sequence[GuildId]) -> str:
    return f": {', '.join(map(str, servers))}" if servers else ""


async def rotated(workspaces: StoredKeys, keyring: Keyring) -> Rotation:
    """Re-encrypt every stored key with the newest encryption key, one row at a time.

    A row that an admin changes in the meantime, by linking again, is left alone.
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
