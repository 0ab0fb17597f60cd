"""Secrets at rest: readable with our keys only, by their own guild only, and under the newest key after a rotation."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.domain.identifiers import GuildId
from bot.errors import SecretUnreadable, SettingsError
from bot.keyring import KEY_FILE, Keyring, new_key, open_keyring

GUILD = GuildId(100)
SECRET = SecretStr("pp_live_sk_canary")


def test_a_sealed_secret_shows_nothing_and_opens_again() -> None:
    keyring = Keyring([new_key()])

    sealed = keyring.seal(GUILD, SECRET)

    assert b"canary" not in sealed
    assert keyring.seal(GUILD, SECRET) != sealed
    assert keyring.open(GUILD, sealed) == SECRET


def test_a_secret_in_another_guilds_place_is_refused() -> None:
    keyring = Keyring([new_key()])

    with pytest.raises(SecretUnreadable, match="another server"):
        keyring.open(GuildId(101), keyring.seal(GUILD, SECRET))


def test_what_was_changed_or_sealed_by_somebody_else_is_refused_without_a_word_of_it() -> None:
    key = new_key()
    keyring = Keyring([key])
    sealed = keyring.seal(GUILD, SECRET)
    other = Fernet(key.get_secret_value()).encrypt(json.dumps("canary").encode())

    for wrong in (b"", b"?", sealed[:-2] + b"AA", Keyring([new_key()]).seal(GUILD, SECRET), other):
        with pytest.raises(SecretUnreadable) as refused:
            keyring.open(GUILD, wrong)
        assert "canary" not in str(refused.value)


def test_an_old_key_still_opens_and_rotation_leaves_it_behind() -> None:
    old, new = new_key(), new_key()
    both = Keyring([new, old])
    sealed = Keyring([old]).seal(GUILD, SECRET)

    renewed = both.renewed(sealed)

    assert both.open(GUILD, sealed) == SECRET
    assert renewed is not None
    assert Keyring([new]).open(GUILD, renewed) == SECRET
    assert both.renewed(renewed) is None
    with pytest.raises(SecretUnreadable):
        Keyring([new]).renewed(sealed)


def test_without_keys_a_file_for_its_owner_alone_is_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    sealed = open_keyring([], folder).seal(GUILD, SECRET)
    file = folder / KEY_FILE

    assert file.stat().st_mode & 0o777 == 0o600
    assert open_keyring([], folder).open(GUILD, sealed) == SECRET
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]


async def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    keyrings = await asyncio.gather(*(asyncio.to_thread(open_keyring, [], tmp_path) for _ in range(8)))

    sealed = keyrings[0].seal(GUILD, SECRET)
    assert {keyring.open(GUILD, sealed).get_secret_value() for keyring in keyrings} == {SECRET.get_secret_value()}


def test_a_file_may_hold_several_keys_newest_first(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    (tmp_path / KEY_FILE).write_text(f"{new.get_secret_value()}\n{old.get_secret_value()}\n")

    keyring = open_keyring([], tmp_path)

    assert keyring.open(GUILD, Keyring([old]).seal(GUILD, SECRET)) == SECRET
    assert Keyring([new]).open(GUILD, keyring.seal(GUILD, SECRET)) == SECRET


def test_a_file_that_others_could_read_is_closed_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / KEY_FILE
    file.write_text(new_key().get_secret_value())
    file.chmod(0o644)

    with caplog.at_level(logging.WARNING):
        open_keyring([], tmp_path)

    assert file.stat().st_mode & 0o777 == 0o600
    assert "its key should be replaced" in caplog.text
    assert file.read_text() not in caplog.text


@pytest.mark.parametrize("content", ["", "\n", "no key at all"])
def test_a_file_without_keys_is_named_and_left_alone(tmp_path: Path, content: str) -> None:
    file = tmp_path / KEY_FILE
    file.write_text(content)

    with pytest.raises(SettingsError, match=r"secret\.key holds no Fernet keys; put it back from a backup"):
        open_keyring([], tmp_path)

    assert file.read_text() == content


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands in the way")

    with pytest.raises(SettingsError, match="ENCRYPTION_KEYS"):
        open_keyring([], tmp_path / "data")
