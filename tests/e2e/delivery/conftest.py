"""One bot for all stories about delivery, each of which plays in a server of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from storage.database.engine import Database
from tests.e2e.delivery.place import Place, Story
from tests.e2e.product import Product, open_product

_numbers = count(1)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def serving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with open_product(tmp_path_factory.mktemp("delivery")) as product:
        await product.start_bot()
        yield product


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def database(serving: Product) -> AsyncIterator[Database]:
    opened = Database(serving.settings["DATABASE_URL"])
    yield opened
    await opened.close()


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def played(
    request: pytest.FixtureRequest, serving: Product, database: Database
) -> AsyncIterator[dict[Story, asyncio.Task[None]]]:
    """The `STORIES` of a module, all played at once: most of each is waiting for the next look at PowerPost."""
    stories: list[Story] = request.module.STORIES
    tasks = {story: asyncio.create_task(story(_a_place(serving, database))) for story in stories}
    yield tasks
    await asyncio.wait(tasks.values())
    serving.powerpost.faults.clear()


@pytest_asyncio.fixture(loop_scope="package")
async def place(serving: Product, database: Database) -> AsyncIterator[Place]:
    yield _a_place(serving, database)
    serving.powerpost.faults.clear()
    serving.discord.faults.clear()


def _a_place(serving: Product, database: Database) -> Place:
    guild = serving.discord.add_guild(f"Film club {next(_numbers)}")
    return Place(serving, database, guild, guild.add_channel("videos"), guild.add_member("Mia"))
