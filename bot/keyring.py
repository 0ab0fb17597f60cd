"""Encrypts other people's secrets at rest: their PowerPost keys in the database can be read only with our keys.

Fernet (https://cryptography.io/en/latest/fernet/): AES-128-CBC with an HMAC, so altered text is
never read. Every text has its guild's id inside the encryption, so that no row works for another guild.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from pydantic import SecretStr

from bot.domain.identifiers import GuildId
from bot.errors import SecretUnreadable, SettingsError

KEY_FILE: Final = "secret.key"
FOR_THE_OWNER: Final = 0o600

_NO_KEY_FITS: Final = "None of this bot's encryption keys fits, or the stored text was altered."

_KEY_LOST: Final = (
    "Put the key back from a backup; if it is lost for good, `videobot keys discard` forgets the linked keys that "
    "nobody can read any more, and their servers link again."
)
_THAT_OPENS: Final = "that opens any of the {} keys that servers linked"

_log = logging.getLogger(__name__)


class Keyring:
    """Fits `bot.services.accounts.guild_accounts.Vault`: seals with the newest key, opens with any.

    `keys` are Fernet keys, newest first, at least one.
    """

    def __init__(self, keys: Sequence[SecretStr]) -> None:
        fernets = [Fernet(key.get_secret_value()) for key in keys]
        self._newest = fernets[0]
        self._all = MultiFernet(fernets)

    def seal(self, guild_id: GuildId, secret: SecretStr) -> bytes:
        """See the port."""
        return self._newest.encrypt(json.dumps([guild_id, secret.get_secret_value()]).encode())

    def open(self, guild_id: GuildId, sealed: bytes) -> SecretStr:
        """See the port."""
        try:
            owner, secret = json.loads(self._all.decrypt(sealed))
        except (InvalidToken, ValueError, TypeError):
            raise SecretUnreadable(_NO_KEY_FITS) from None
        if owner != guild_id:
            raise SecretUnreadable("The stored text belongs to another server.")
        return SecretStr(secret)

    def fits(self, sealed: bytes) -> bool:
        """Whether one of the keys opens this text, whichever guild's it is."""
        try:
            self._all.decrypt(sealed)
        except InvalidToken:
            return False
        return True

    def renewed(self, sealed: bytes) -> bytes | None:
        """The same text under the newest key; None when it already is.

        Raises `SecretUnreadable` when no key fits.
        """
        try:
            self._newest.decrypt(sealed)
        except InvalidToken:
            pass
        else:
            return None
        try:
            return self._all.rotate(sealed)
        except InvalidToken:
            raise SecretUnreadable(_NO_KEY_FITS) from None


def fitting_keyring(keys: Sequence[SecretStr], folder: Path, sealed: Sequence[tuple[GuildId, bytes]]) -> Keyring:
    """The keyring (see `open_keyring`), tried on all that the database holds; a key is made only while that is nothing.

    Raises `SettingsError`, also when nothing of what is stored can be opened: then the keys are wrong, not the rows.
    """
    keyring = open_keyring(keys, folder, may_make=not sealed)
    unreadable = unreadable_guilds(keyring, sealed)
    if sealed and len(unreadable) == len(sealed):
        where = "has no key" if keys else f"is empty, and {folder / KEY_FILE} has no key"
        raise SettingsError([f"ENCRYPTION_KEYS: {where} {_THAT_OPENS.format(len(sealed))}. {_KEY_LOST}"])
    if unreadable:
        _log.error(
            "Linked keys of some servers can be read with none of the encryption keys",
            extra={"action": "key_unreadable", "guilds": unreadable},
        )
    return keyring


def unreadable_guilds(keyring: Keyring, sealed: Sequence[tuple[GuildId, bytes]]) -> list[GuildId]:
    """The guilds whose stored text none of the keys opens."""
    return [guild_id for guild_id, text in sealed if not keyring.fits(text)]


def open_keyring(keys: Sequence[SecretStr], folder: Path, *, may_make: bool) -> Keyring:
    """The keyring of `ENCRYPTION_KEYS`, or of the key file in `folder`, which is made if it is missing and may be.

    The file holds keys as the setting does, separated by commas or lines. It is never overwritten, and is made readable
    for its owner alone.

    Raises `SettingsError` when the file cannot be made or read, or holds no keys.
    """
    if keys:
        return Keyring(keys)
    file = folder / KEY_FILE
    try:
        if not file.exists():
            if not may_make:
                raise SettingsError([f"ENCRYPTION_KEYS: is empty, and there is no {file}. {_KEY_LOST}"])
            _make(file)
        _close_to_others(file)
        return Keyring(_read(file))
    except OSError as error:
        problem = f"ENCRYPTION_KEYS: is empty, and {file} cannot be used: {error.strerror}"
        raise SettingsError([f"{problem}. Let the bot's user read and write it and its folder."]) from error


def new_key() -> SecretStr:
    """A new key, made from the operating system's random numbers."""
    return SecretStr(Fernet.generate_key().decode())


def _make(file: Path) -> None:
    """Complete at once or not there at all; whichever of several processes comes first, its key is everybody's."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FOR_THE_OWNER)
    try:
        with os.fdopen(descriptor, "w") as written:
            written.write(f"{new_key().get_secret_value()}\n")
            written.flush()
            os.fsync(written.fileno())
        os.link(partial, file)
    except FileExistsError:
        pass
    finally:
        partial.unlink()


def _close_to_others(file: Path) -> None:
    if os.name == "posix" and file.stat().st_mode & 0o077:
        file.chmod(FOR_THE_OWNER)
        _log.warning(
            "The key file could be read by other users of this machine; now it cannot, but its key should be replaced",
            extra={"action": "close_key_file", "file": file},
        )


def _read(file: Path) -> list[SecretStr]:
    """A byte order mark and white space around keys, which editors leave, are no fault."""
    content = file.read_bytes()
    try:
        keys = [SecretStr(word) for word in content.decode("utf-8-sig").replace(",", " ").split()]
        for key in keys:
            Fernet(key.get_secret_value())
    except ValueError:
        keys = []
    if not keys:
        what = "holds no Fernet keys" if content.strip() else "is an empty file"
        raise SettingsError([f"ENCRYPTION_KEYS: is empty, and {file} {what}. {_KEY_LOST}"])
    return keys
