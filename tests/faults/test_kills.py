"""A process that is killed again and again, at random moments, while members keep making requests."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.domain.job import Job
from sandbox.discord import Answer, Member
from tests.databases import Databases
from tests.faults.mortal import Life, MortalProduct, open_mortal_product
from tests.faults.reckoning import a_prompt, at_rest, differences, ordered_twice

pytestmark = pytest.mark.faults

LONGEST_LIFE = timedelta(seconds=0.8)
"""A start takes a tenth of a second on an idle machine, and a video that nothing interrupts a quarter."""

KILLED_WHILE_STARTING = 0.2

PATIENCE_OF_MEMBERS = 0.5


@pytest.fixture
def kills(request: pytest.FixtureRequest, databases: Databases) -> int:
    """20 on SQLite and 5 on PostgreSQL, unless options say otherwise."""
    many: int = request.config.getoption("--kills")
    on_postgresql: int | None = request.config.getoption("--kills-postgresql")
    if request.node.callspec.params["databases"] == "sqlite":
        return many
    return many // 4 if on_postgresql is None else on_postgresql


async def test_a_process_killed_at_random_loses_no_request_and_orders_none_twice(
    tmp_path: Path, databases: Databases, kills: int, fault_seed: int
) -> None:
    print(f"--kills {kills} --fault-seed {fault_seed}")  # noqa: T201  pytest shows it with a failure
    chance = random.Random(fault_seed)
    async with open_mortal_product(tmp_path, databases) as product, _wishing(product) as promised:
        for _ in range(kills):
            await _live_briefly(product, chance)
            await product.kill_bot()
            assert await product._verify() == []
            assert list(ordered_twice(product)) == []
        product.life = Life()
        await product.start_bot()
        await promised.wait_for_requests_to_be_made()
        jobs = await at_rest(product)
        found = await differences(product)
        assert found == [], "\n".join(found)
        assert promised.lost(jobs) == []
        assert await product.stop_bot() == 0
        print(_figures(product, jobs, kills))  # noqa: T201  the figures of a long run


async def _live_briefly(product: MortalProduct, chance: random.Random) -> None:
    """A life that ends while the process starts, or soon after it is ready, however slow the machine is."""
    product.life = Life(hurried=chance.random() < 0.5)
    if chance.random() < KILLED_WHILE_STARTING:
        await product.launch()
    else:
        await product.start_bot()
    await asyncio.sleep(chance.uniform(0, LONGEST_LIFE.total_seconds()))


class Promises:
    """Members who ask for one video after another, and what the bot has promised each of them."""

    def __init__(self, product: MortalProduct) -> None:
        self._product = product
        self._numbers = itertools.count(1)
        self._answers: dict[str, Answer] = {}
        self._over = asyncio.Event()
        self._working: list[asyncio.Task[None]] = []

    def begin(self, members: Iterator[Member]) -> None:
        self._working = [asyncio.create_task(self._request(member)) for member in members]

    async def wait_for_requests_to_be_made(self) -> None:
        self._over.set()
        await asyncio.gather(*self._working)

    async def abandon(self) -> None:
        for task in self._working:
            task.cancel()
        await asyncio.wait(self._working)

    def lost(self, jobs: list[Job]) -> list[str]:
        """Prompts whose member was shown a public answer about a video, although there is no job for it."""
        known = {job.spec.prompt for job in jobs}
        return [prompt for prompt, answer in self._answers.items() if _is_promise(answer) and prompt not in known]

    async def _request(self, member: Member) -> None:
        discord = self._product.discord
        while not self._over.is_set():
            await asyncio.sleep(0.05)  # members type
            if not discord.gateway.connected or not discord.world.commands.all(None):
                continue
            prompt = a_prompt(next(self._numbers))
            try:
                use = await member.slash(self._product.channel, "video", opened_by_admin=False, prompt=prompt)
                answer = await use.first_response(timeout=PATIENCE_OF_MEMBERS)
                self._answers[prompt] = answer
                await discord.wait_for(partial(_shows_video, answer), timeout=PATIENCE_OF_MEMBERS)
            except TimeoutError:
                continue


def _is_promise(answer: Answer) -> bool:
    return answer.message is not None and not answer.ephemeral and not answer.message.loading


def _shows_video(answer: Answer) -> bool:
    return answer.message is not None and bool(answer.message.media)


@asynccontextmanager
async def _wishing(product: MortalProduct) -> AsyncIterator[Promises]:
    promises = Promises(product)
    members = [product.mia, product.guild.add_member("Noor"), product.guild.add_member("Ole")]
    promises.begin(iter(members))
    try:
        yield promises
    finally:
        await promises.abandon()


def _figures(product: MortalProduct, jobs: list[Job], kills: int) -> str:
    states = {state: sum(job.state == state for job in jobs) for state in {job.state for job in jobs}}
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    return f"{kills} kills, {len(jobs)} jobs ({told}), {product.orders} orders"
