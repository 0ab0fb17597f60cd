"""One bot, logging all it can, for all hostile input; each story plays in a server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet

from storage.database.engine import Database
from tests.e2e.delivery.place import Place
from tests.e2e.product import Product, open_product
from tests.hostile.forging import Ear, listening

_numbers = count(1)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def serving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with open_product(tmp_path_factory.mktemp("hostile")) as product:
        product.settings |= {"LOG_LEVEL": "DEBUG", "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
        await product.start_bot()
        yield product


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def database(serving: Product) -> AsyncIterator[Database]:
    opened = Database(serving.settings["DATABASE_URL"])
    yield opened
    await opened.close()


@pytest_asyncio.fixture(loop_scope="package")
async def place(serving: Product, database: Database) -> AsyncIterator[Place]:
    guild = serving.discord.add_guild(f"Film club {next(_numbers)}")
    yield Place(serving, database, guild, guild.add_channel("videos"), guild.add_member("Mia"))
    serving.powerpost.faults.clear()
    serving.discord.faults.clear()


@pytest_asyncio.fixture(loop_scope="package")
async def ear() -> AsyncIterator[Ear]:
    """Fails the test when anybody talked to it."""
    async with listening() as ear:
        yield ear
        assert ear.heard == []
