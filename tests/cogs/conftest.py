"""Fixtures: a local Discord, real books, and the bot between them.

discord.py is imported here first: it imports the deprecated audioop, and warnings are errors in our tests.
"""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator

import pytest

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="'audioop' is deprecated", category=DeprecationWarning)
    from discord import utils
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

from sandbox.discord import DiscordSandbox
from storage.database.engine import Database
from tests.cogs.running import Scene, a_scene
from tests.databases import SqliteFiles


@pytest.fixture
async def discord(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSandbox]:
    """A local Discord; discord.py is afterwards what it was before."""
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    monkeypatch.setattr("discord.shard.DiscordWebSocket", DiscordWebSocket)
    monkeypatch.setattr(utils, "_ActiveDecompressionContext", utils._ActiveDecompressionContext)
    async with DiscordSandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def books(sqlite_files: SqliteFiles) -> AsyncIterator[Database]:
    """An empty database with an up-to-date schema; that both kinds behave alike is tested with the storage."""
    database = Database(await sqlite_files.migrated())
    yield database
    await database.close()


@pytest.fixture
async def scene(discord: DiscordSandbox, books: Database) -> AsyncIterator[Scene]:
    async with a_scene(discord, books) as scene:
        yield scene
