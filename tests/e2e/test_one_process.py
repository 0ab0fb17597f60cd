"""One bot at a time works on a database: a second one says who has it, or waits until it has left."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

from bot.domain.job import JobState
from sandbox.powerpost.faults import HangBefore
from tests.databases import Databases, PostgresDatabases
from tests.e2e.product import Product, open_product


@pytest.fixture
async def product(tmp_path: Path, databases: Databases) -> AsyncIterator[Product]:
    """On each kind of database in turn."""
    url = await databases.migrated()
    async with open_product(tmp_path, database_url=url) as opened:
        yield opened
    await databases.give_back(url)


async def test_of_two_started_together_one_works_and_the_other_says_who_does(product: Product) -> None:
    first, second = await product.second_bot(), await product.second_bot()
    ending = {asyncio.create_task(process.wait()): process for process in (first, second)}
    done, _ = await asyncio.wait(ending, timeout=90, return_when=asyncio.FIRST_COMPLETED)
    [refused] = [ending[task] for task in done]
    product._process = second if refused is first else first
    await product.discord.wait_until_ready(timeout=60)

    assert refused.returncode == 1
    pid = product._process.pid
    said = f"Another bot is using this database: process {pid} on host {socket.gethostname()}, since "
    assert said in product.log
    assert "`videobot run --wait`" in product.log
    assert product.discord.gateway.identified == 1
    await product.finished((await product.video()).message)  # type: ignore[arg-type]  # it has one
    code, printed = await product.command("doctor")
    assert code == 0, printed
    assert re.search(rf"Bot: process {pid} on host .* is using the database", printed)
    assert (await product.command("jobs", "list"))[0] == 0


async def test_a_rolling_restart_loses_nothing_and_orders_nothing_twice(product: Product) -> None:
    await product.start_bot()
    product.powerpost.faults.add("POST /videos/generate", HangBefore(timedelta(seconds=4)))
    answer = await product.video()
    assert answer.message is not None
    await product.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)
    successor = await product.second_bot("--wait")
    await product.logged("Waiting for the process")

    assert await product.replace_bot(successor) == 0

    await product.finished(answer.message)
    await product.discord.wait_for(lambda: product.discord.gateway.identified == 2, timeout=20)
    again = await product.video("A second one")
    assert again.message is not None
    await product.finished(again.message)
    assert product.orders == 2
    assert {job.state for job in await product.jobs()} == {JobState.COMPLETED}


async def test_waiting_has_an_end_and_can_be_stopped(product: Product) -> None:
    await product.start_bot()

    code, printed = await product.command("run", "--wait=4")
    stopped = await product.second_bot("--wait")
    await product.logged("Waiting for the process")
    stopped.send_signal(signal.SIGTERM)

    assert code == 1
    assert "It was still there after 4 s." in printed
    assert await stopped.wait() == 0


async def test_a_lost_lock_ends_the_work_until_it_is_back(
    tmp_path: Path, postgres_databases: PostgresDatabases
) -> None:
    url = await postgres_databases.migrated()
    async with open_product(tmp_path, database_url=url) as product:
        await product.start_bot()

        await _end_session_with_lock(url)

        await product.logged("lock_back")
        answer = await product.video()
        assert answer.message is not None
        await product.finished(answer.message)
        assert product.discord.gateway.identified == 1


async def test_whoever_lost_the_lock_to_another_bot_leaves(
    tmp_path: Path, postgres_databases: PostgresDatabases
) -> None:
    url = await postgres_databases.migrated()
    async with open_product(tmp_path, database_url=url) as product:
        await product.start_bot()
        first = product._process
        assert first is not None
        first.send_signal(signal.SIGSTOP)
        second = await product.second_bot("--wait")
        await product.logged("Waiting for the process")
        await _end_session_with_lock(url)
        await product.discord.wait_for(lambda: product.discord.gateway.identified == 2, timeout=20)

        first.send_signal(signal.SIGCONT)

        assert await first.wait() == 1
        assert "lock_lost" in product.log
        product._process = second
        answer = await product.video()
        assert answer.message is not None
        await product.finished(answer.message)
        assert product.orders == 1


async def test_whoever_lost_the_lock_file_to_another_bot_leaves(tmp_path: Path) -> None:
    async with open_product(tmp_path) as product:
        await product.start_bot()
        first = product._process
        assert first is not None

        (tmp_path / "videobot.db.lock").unlink()
        second = await product.second_bot()

        assert await first.wait() == 1
        assert f"Another bot is using this database: process {second.pid} on host" in product.log
        product._process = second
        await product.discord.wait_for(lambda: product.discord.gateway.identified == 2, timeout=20)
        answer = await product.video()
        assert answer.message is not None
        await product.finished(answer.message)
        assert product.orders == 1


async def _end_session_with_lock(url: str) -> None:
    address = make_url(url)
    connection = await asyncpg.connect(host=address.query["host"], user="postgres", database=address.database)
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE locktype = 'advisory' AND application_name LIKE 'videobot %: process %' "
            "AND datname = current_database()"  # another process's tests have theirs on the same server
        )
    finally:
        await connection.close()


async def test_a_command_that_waited_while_the_process_stood_still_is_not_ordered(product: Product) -> None:
    await product.start_bot()
    first = await product.video()
    assert first.message is not None
    await product.finished(first.message)
    product.send(signal.SIGSTOP)
    use = await product.mia.slash(product.channel, "video", opened_by_admin=False, prompt="A second one")
    long_ago = use.id - (87_000 << 22) + 1
    product.discord.repeat(use, id=str(long_ago))

    product.send(signal.SIGCONT)

    await product.logged(f"interaction={long_ago}")
    await product.until(lambda jobs: len(jobs) == 2 and all(job.state.is_final for job in jobs))
    assert product.orders == 2
