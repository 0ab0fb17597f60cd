"""PostgreSQL refuses to store what became of a paid order, with the whole product running.

The bot logs in as a role of its own, from which UPDATE on `jobs` is taken while its order is out.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from bot.domain.job import JobState
from sandbox.discord import Message
from sandbox.powerpost import price
from sandbox.powerpost.faults import HangBefore
from storage.database.engine import Database
from tests.databases import PostgresDatabases
from tests.e2e.product import VIDEO_WITHIN, Product, open_product

GENERATE = "POST /videos/generate"
KLING = price("kling-3.0-pro", 5)
ROLE = "videobot_outcomes"


class Server:
    """The owner's side of the bot's database."""

    def __init__(self, owner_url: str) -> None:
        self.bot_url = make_url(owner_url).set(username=ROLE).render_as_string(hide_password=False)
        self._owner = Database(owner_url)

    async def execute(self, *statements: str) -> None:
        async with self._owner.writer() as transaction:
            for statement in statements:
                await transaction.execute(text(statement))

    async def make_role(self) -> None:
        await self.execute(
            f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
        )

    async def refuse_updates(self) -> None:
        await self.execute(f"REVOKE UPDATE ON jobs FROM {ROLE}")

    async def allow_updates(self) -> None:
        await self.execute(f"GRANT UPDATE ON jobs TO {ROLE}")

    async def close(self) -> None:
        await self._owner.close()


@pytest.fixture
async def server(postgres_databases: PostgresDatabases) -> AsyncIterator[Server]:
    url = await postgres_databases.migrated()
    server = Server(url)
    await server.make_role()
    yield server
    await server.close()
    await postgres_databases.give_back(url)


@pytest.fixture
async def product(tmp_path: Path, server: Server) -> AsyncIterator[Product]:
    async with open_product(tmp_path, database_url=server.bot_url) as opened:
        await opened.start_bot()
        opened.may_log_tracebacks = True  # other loops write to the table too
        yield opened


async def ordered_but_not_stored(product: Product, server: Server) -> Message:
    """The member's message, once PowerPost has answered the order and the database has refused the answer."""
    product.powerpost.faults.add(GENERATE, HangBefore(timedelta(seconds=1)))
    answer = await product.video()
    assert answer.message is not None
    await product.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)
    await server.refuse_updates()
    async with asyncio.timeout(VIDEO_WITHIN):
        while "outcome_not_stored" not in product.log:  # noqa: ASYNC110  the log is another process's: no event
            await asyncio.sleep(0.05)
    assert "permission denied for table jobs" in product.log
    return answer.message


async def test_an_answer_that_the_database_refuses_is_attached_once_it_is_allowed(
    product: Product, server: Server
) -> None:
    message = await ordered_but_not_stored(product, server)
    await server.allow_updates()

    await product.finished(message)

    assert (product.orders, (await product.settled()).spent) == (1, KLING)


async def test_an_answer_that_the_database_refuses_survives_a_power_cut(product: Product, server: Server) -> None:
    message = await ordered_but_not_stored(product, server)
    await product.kill_bot()
    await server.allow_updates()
    await product.start_bot()

    await product.finished(message)

    assert (product.orders, (await product.settled()).spent) == (1, KLING)


async def test_a_stop_does_not_wait_for_a_database_that_refuses_the_answer(product: Product, server: Server) -> None:
    message = await ordered_but_not_stored(product, server)
    assert await product.stop_bot() == 0
    await server.allow_updates()
    await product.start_bot()

    await product.finished(message)

    assert (product.orders, (await product.settled()).spent) == (1, KLING)
