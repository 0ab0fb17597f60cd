"""`videobot keys`: the keys by which other people's secrets are encrypted in the database."""

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
    """What was found: rows encrypted anew, rows under the newest key already, servers whose row cannot be read."""

    renewed: int
    current: int
    unreadable: tuple[int, ...]


class StoredKeys(Protocol):
    """The keys of servers' own accounts. Both raise `StorageError`."""

    async def with_keys(self) -> Sequence[Link]:
        """Every link whose key is kept."""

    async def replace_key(self, link: Link, encrypted_key: bytes) -> bool:
        """Store the same key sealed anew; False when the row has been changed since `link` was read."""


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
    settings = load_settings()
    done = with_stores(lambda stores: _rotate(stores, settings))
    click.echo(f"{done.renewed} encrypted anew, {done.current} under the newest key already.")
    if done.unreadable:
        servers = ", ".join(str(guild_id) for guild_id in done.unreadable)
        raise SecretUnreadable(
            f"The keys of these servers can be read with none of the encryption keys: {servers}. Add the key that they "
            "were encrypted with to ENCRYPTION_KEYS and repeat, or let their admins link their accounts anew."
        )
    click.echo("Older keys can be removed now.")


@command.command()
@click.confirmation_option(
    prompt="Forget every linked key that none of the encryption keys opens? Their servers must link again."
)
def discard() -> None:
    """Forget the linked keys that can be read with none of the encryption keys.

    For encryption keys that are lost for good. The servers use the operator's account no more than before: each is told
    that its key is refused, until an admin links again.
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
    """All of them when there are no keys at all."""
    try:
        keyring = open_keyring(settings.encryption_keys, settings.data_dir, may_make=False)
    except SettingsError:
        return {guild_id for guild_id, _ in sealed}
    return set(unreadable_guilds(keyring, sealed))


def _named(servers: Sequence[GuildId]) -> str:
    return f": {', '.join(map(str, servers))}" if servers else ""


async def rotated(workspaces: StoredKeys, keyring: Keyring) -> Rotation:
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
