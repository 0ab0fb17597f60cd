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
from bot.keyring import KEY_FILE, Keyring, fitting_keyring, new_key, open_keyring, unreadable_guilds

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
    sealed = open_keyring([], folder, may_make=True).seal(GUILD, SECRET)
    file = folder / KEY_FILE

    assert file.stat().st_mode & 0o777 == 0o600
    assert open_keyring([], folder, may_make=True).open(GUILD, sealed) == SECRET
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]


async def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    keyrings = await asyncio.gather(*(asyncio.to_thread(open_keyring, [], tmp_path, may_make=True) for _ in range(8)))

    sealed = keyrings[0].seal(GUILD, SECRET)
    assert {keyring.open(GUILD, sealed).get_secret_value() for keyring in keyrings} == {SECRET.get_secret_value()}


def test_a_file_may_hold_several_keys_newest_first(tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    (tmp_path / KEY_FILE).write_text(f"{new.get_secret_value()}\n{old.get_secret_value()}\n")

    keyring = open_keyring([], tmp_path, may_make=True)

    assert keyring.open(GUILD, Keyring([old]).seal(GUILD, SECRET)) == SECRET
    assert Keyring([new]).open(GUILD, keyring.seal(GUILD, SECRET)) == SECRET


def test_a_file_that_others_could_read_is_closed_and_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / KEY_FILE
    file.write_text(new_key().get_secret_value())
    file.chmod(0o644)

    with caplog.at_level(logging.WARNING):
        open_keyring([], tmp_path, may_make=True)

    assert file.stat().st_mode & 0o777 == 0o600
    assert "its key should be replaced" in caplog.text
    assert file.read_text() not in caplog.text


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "is an empty file"),
        (b"\n", "is an empty file"),
        (b"no key at all", "holds no Fernet keys"),
        (b"\x00\x80\xff\xfe binary", "holds no Fernet keys"),
    ],
)
def test_a_file_without_keys_is_named_and_left_alone(tmp_path: Path, content: bytes, fault: str) -> None:
    file = tmp_path / KEY_FILE
    file.write_bytes(content)

    with pytest.raises(SettingsError, match=rf"secret\.key {fault}\. Put the key back from a backup; if it is lost"):
        open_keyring([], tmp_path, may_make=True)

    assert file.read_bytes() == content


def test_what_editors_leave_around_a_key_is_accepted(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / KEY_FILE).write_bytes(b"\xef\xbb\xbf" + key.get_secret_value().encode() + b" \r\n\r\n\t")

    keyring = open_keyring([], tmp_path, may_make=False)

    assert keyring.open(GUILD, Keyring([key]).seal(GUILD, SECRET)) == SECRET


def test_a_folder_in_the_place_of_the_file_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).mkdir()

    with pytest.raises(SettingsError, match=r"secret\.key cannot be used: Is a directory\. Let the bot's user read"):
        open_keyring([], tmp_path, may_make=True)


def test_no_new_key_is_made_while_something_is_sealed_with_another(tmp_path: Path) -> None:
    sealed = [(GUILD, Keyring([new_key()]).seal(GUILD, SECRET))]

    with pytest.raises(SettingsError, match=r"there is no .*secret\.key\. Put the key back"):
        fitting_keyring([], tmp_path, sealed)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("from_file", [True, False])
def test_a_key_that_opens_nothing_of_what_is_stored_is_refused(tmp_path: Path, from_file: bool) -> None:
    sealed = [(GUILD, Keyring([new_key()]).seal(GUILD, SECRET))]
    wrong = new_key()
    (tmp_path / KEY_FILE).write_text(wrong.get_secret_value())

    with pytest.raises(SettingsError, match="has no key that opens any of the 1 keys that servers linked"):
        fitting_keyring([] if from_file else [wrong], tmp_path, sealed)


def test_one_row_that_cannot_be_read_does_not_end_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    key, other = new_key(), GuildId(101)
    sealed = [(GUILD, Keyring([key]).seal(GUILD, SECRET)), (other, Keyring([new_key()]).seal(other, SECRET))]

    keyring = fitting_keyring([key], tmp_path, sealed)

    assert unreadable_guilds(keyring, sealed) == [other]
    assert [getattr(record, "guilds", None) for record in caplog.records] == [[other]]


def test_the_first_start_makes_a_key_where_nothing_is_sealed(tmp_path: Path) -> None:
    fitting_keyring([], tmp_path, [])

    assert (tmp_path / KEY_FILE).exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file stands in the way")

    with pytest.raises(SettingsError, match="ENCRYPTION_KEYS"):
        open_keyring([], tmp_path / "data", may_make=True)
