"""Changing the encryption keys: nothing readable is lost, even if it is interrupted or repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from bot.cli.keys import Rotation, rotated
from bot.clock import SystemClock
from bot.domain.identifiers import GuildId, UserId
from bot.domain.workspace import Link
from bot.errors import DatabaseUnavailable
from bot.keyring import Keyring, new_key
from storage.stores import current_stores
from storage.workspaces import WorkspaceStore
from tests.cli.conftest import SetVariables, Videobot

pytestmark = pytest.mark.usefixtures("database_file")

Outcome = TypeVar("Outcome")

DATABASE_URL = "sqlite+aiosqlite:///data/videobot.db"
OLD, NEW = new_key(), new_key()
BOTH = f"{NEW.get_secret_value()},{OLD.get_secret_value()}"


def canary(guild: int) -> SecretStr:
    return SecretStr(f"pp_live_sk_canary_{guild}")


def with_workspaces(work: Callable[[WorkspaceStore], Awaitable[Outcome]]) -> Outcome:
    async def opened() -> Outcome:
        async with current_stores(DATABASE_URL, SystemClock()) as stores:
            return await work(stores.workspaces)

    return asyncio.run(opened())


def link_three(keys: Keyring) -> None:
    async def link(workspaces: WorkspaceStore) -> None:
        for guild in (1, 2, 3):
            await workspaces.link(GuildId(guild), "studio", keys.seal(GuildId(guild), canary(guild)), UserId(7))

    with_workspaces(link)


def readable_with(keys: Keyring) -> bool:
    async def links(workspaces: WorkspaceStore) -> list[Link]:
        return list(await workspaces.with_keys())

    return all(
        keys.open(link.guild_id, link.encrypted_key or b"") == canary(link.guild_id) for link in with_workspaces(links)
    )


def test_generate_prints_a_key_that_can_be_used(videobot: Videobot) -> None:
    printed = videobot("keys", "generate")

    assert printed.code == 0
    Fernet(printed.out.strip())


def test_rotate_brings_everything_under_the_newest_key_and_may_be_repeated(
    videobot: Videobot, variables: SetVariables
) -> None:
    link_three(Keyring([OLD]))
    variables(ENCRYPTION_KEYS=BOTH)

    first, second = videobot("keys", "rotate"), videobot("keys", "rotate")

    assert (first.code, second.code) == (0, 0)
    assert "3 re-encrypted, 0 already had the newest key" in first.out
    assert "0 re-encrypted, 3 already had the newest key" in second.out
    assert readable_with(Keyring([NEW]))


def test_rotate_names_the_servers_whose_keys_it_cannot_read(videobot: Videobot, variables: SetVariables) -> None:
    link_three(Keyring([OLD]))
    variables(ENCRYPTION_KEYS=NEW.get_secret_value())

    outcome = videobot("keys", "rotate")

    assert outcome.code == 1
    assert "1, 2, 3" in outcome.err
    assert "canary" not in outcome.out + outcome.err
    assert readable_with(Keyring([OLD]))


def test_rotate_of_nothing_makes_the_key_file_and_is_content(videobot: Videobot) -> None:
    assert videobot("keys", "rotate").code == 0


class Interrupted(WorkspaceStore):
    """Loses the database after one row."""

    async def replace_key(self, link: Link, encrypted_key: bytes) -> bool:
        if link.guild_id != 1:
            raise DatabaseUnavailable("for a test")
        return await super().replace_key(link, encrypted_key)


def test_an_interrupted_rotation_leaves_every_row_readable_and_goes_on_later() -> None:
    link_three(Keyring([OLD]))
    both = Keyring([NEW, OLD])

    async def interrupted(workspaces: WorkspaceStore) -> None:
        await rotated(Interrupted(database=workspaces._database, clock=SystemClock()), both)

    with pytest.raises(DatabaseUnavailable):
        with_workspaces(interrupted)

    assert readable_with(both)
    assert with_workspaces(lambda workspaces: rotated(workspaces, both)) == Rotation(2, 1, ())
    assert readable_with(Keyring([NEW]))


class Overtaken(WorkspaceStore):
    """An admin links a new key after a row was read and before it is written."""

    async def with_keys(self) -> list[Link]:
        read = list(await super().with_keys())
        await self.link(GuildId(2), "studio", Keyring([NEW]).seal(GuildId(2), canary(2)), UserId(8))
        return read


def test_a_link_made_meanwhile_is_not_overwritten() -> None:
    link_three(Keyring([OLD]))

    async def overtaken(workspaces: WorkspaceStore) -> Rotation:
        return await rotated(Overtaken(database=workspaces._database, clock=SystemClock()), Keyring([NEW, OLD]))

    assert with_workspaces(overtaken).renewed == 2
    assert readable_with(Keyring([NEW]))
