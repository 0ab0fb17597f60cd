"""One member's request from the command to its end, with a process that may die on the way and is then restarted."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.discord import Upload
from tests.databases import Databases
from tests.e2e.pictures import picture
from tests.faults.failpoints import Failpoint, crossings
from tests.faults.mortal import Life, MortalProduct, open_mortal_product
from tests.faults.reckoning import a_prompt, at_rest, differences
from tests.faults.troubles import Trouble

QUIET_FOR = 0.15
ANSWERED_WITHIN = 4.0
STORY_WITHIN = 60.0


@dataclass(frozen=True, slots=True)
class Ending:
    """`crossed`: the first process's crossings; `died`: whether it reached its fatal failpoint."""

    crossed: Sequence[str]
    died: bool
    differences: Sequence[str]


class InTurn:
    """Creates databases one after the other: Alembic keeps the running migration in globals, and stories overlap."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._turn = asyncio.Lock()

    async def empty(self) -> str:
        async with self._turn:
            return await self._databases.empty()

    async def migrated(self) -> str:
        async with self._turn:
            return await self._databases.migrated()

    async def give_back(self, url: str) -> None:
        await self._databases.give_back(url)


async def play(folder: Path, databases: Databases, trouble: Trouble, fatal: Failpoint | None = None) -> Ending:
    """Play the story, and compare the two ledgers when everything has come to rest."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    async with asyncio.timeout(STORY_WITHIN), open_mortal_product(folder, databases) as product:
        trouble.plan(product)
        product.life = Life(fatal)
        await product.launch()
        died = await _dies(product)
        crossed = crossings(product.crossings)
        if died:
            await product.forget_dead()
            product.life = Life()
            await product.launch()
            await _live(product)
        found = await differences(product)
        code = await product.stop_bot()
        return Ending(crossed, died, found if code == 0 else [*found, f"the process left with {code}"])


async def _dies(product: MortalProduct) -> bool:
    living = asyncio.create_task(_live(product))
    dying = asyncio.create_task(product.death())
    await asyncio.wait({living, dying}, return_when=asyncio.FIRST_COMPLETED)
    if not dying.done():
        dying.cancel()
        living.result()
        return False
    living.cancel()
    await asyncio.wait({living})
    dying.result()
    return True


async def _live(product: MortalProduct) -> None:
    """Mia asks for a video from a picture, again if the bot did not record it, and everything comes to rest."""
    await product.discord.wait_until_ready()
    for number in itertools.count(1):
        if await product.jobs():
            break
        await _request(product, a_prompt(number))
    await at_rest(product)
    await _quiet(product)


async def _request(product: MortalProduct, prompt: str) -> None:
    cat = Upload("cat.png", picture("PNG"), "image/png")
    use = await product.mia.slash(product.channel, "video", opened_by_admin=False, prompt=prompt, image=cat)
    try:
        await use.first_response(timeout=ANSWERED_WITHIN)
    except TimeoutError:
        return


async def _quiet(product: MortalProduct) -> None:
    """Return once the process has crossed nothing for a while, because it has nothing left to do."""
    before: list[str] | None = None
    while (now := crossings(product.crossings)) != before:
        before = now
        await asyncio.sleep(QUIET_FOR)
