"""What is forgotten by itself: servers that left, and keys that nobody needs any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest

from bot.domain.identifiers import Credits, GuildId, InteractionId, LinkId
from bot.domain.job import JobState
from bot.domain.request import VideoRequest, make_spec
from bot.services.retention import LOOK_EVERY, Forgetter
from storage.erasure import ErasureStore
from storage.guilds import GuildStore
from storage.workspaces import WorkspaceStore
from tests.services.stage import CHANNEL, GUILD, MEMBER, Stage, soon

AFTER = timedelta(days=30)


class Held:
    """Accounts in memory: which were dropped."""

    def __init__(self) -> None:
        self.dropped: list[LinkId] = []

    def forget(self, link_ids: Iterable[LinkId]) -> None:
        self.dropped.extend(link_ids)


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
def left() -> set[GuildId]:
    """The servers that Discord does not name any more."""
    return set()


class Naming:
    """When Discord has named the servers."""

    def __init__(self) -> None:
        self.is_waited_for = asyncio.Event()
        self.done = asyncio.Event()

    async def wait_done(self) -> None:
        self.is_waited_for.set()
        await self.done.wait()


@pytest.fixture
def named() -> Naming:
    return Naming()


@pytest.fixture
def forgetter(stage: Stage, held: Held, left: set[GuildId], named: Naming) -> Forgetter:
    return Forgetter(
        guilds=GuildStore(database=stage.database, clock=stage.clock),
        guilds_named=named.wait_done,
        has_left=left.__contains__,
        erasure=ErasureStore(database=stage.database, clock=stage.clock),
        links=WorkspaceStore(database=stage.database, clock=stage.clock),
        accounts=held,
        waits=stage.waits,
        clock=stage.clock,
        after=AFTER,
    )


async def test_a_key_is_forgotten_soon_after_its_last_job(stage: Stage, forgetter: Forgetter, held: Held) -> None:
    links = WorkspaceStore(database=stage.database, clock=stage.clock)
    link = await links.link(GUILD, "studio", b"sealed", MEMBER)
    await links.unlink(GUILD, link.id)

    await forgetter.step()

    assert await links.with_keys() == []
    assert held.dropped == []  # nothing was under way, so the key was gone with the link


async def test_a_key_is_kept_for_a_job_under_way_and_no_longer(stage: Stage, forgetter: Forgetter, held: Held) -> None:
    links = WorkspaceStore(database=stage.database, clock=stage.clock)
    link = await links.link(GUILD, "studio", b"sealed", MEMBER)
    request = VideoRequest(GUILD, CHANNEL, MEMBER, InteractionId(400), make_spec(prompt="a cat"), link_id=link.id)
    job = await stage.jobs.accept(request, Credits(15))
    await links.unlink(GUILD, link.id)

    await forgetter.step()
    assert held.dropped == []
    assert [kept.id for kept in await links.with_keys()] == [link.id]
    await stage.move(job, JobState.QUEUED, JobState.CANCELLED)

    assert await links.with_keys() == []


async def test_a_server_is_remembered_for_as_long_as_the_setting_says(
    stage: Stage, forgetter: Forgetter, left: set[GuildId]
) -> None:
    job = await stage.finish(await stage.order("a secret garden"))
    await stage.move(job, job.state, JobState.COMPLETED)
    await GuildStore(database=stage.database, clock=stage.clock).mark_left(GUILD)
    left.add(GUILD)

    stage.clock.move(AFTER - timedelta(days=2))
    for _ in range(48):
        await forgetter.step()
        stage.clock.move(LOOK_EVERY)
    await forgetter.step()
    assert (await stage.now(job)).spec.prompt == "a secret garden"
    for _ in range(26):
        stage.clock.move(LOOK_EVERY)
        await forgetter.step()

    assert (await stage.now(job)).spec.prompt == ""


async def test_the_first_look_comes_as_soon_as_discord_has_named_the_servers_and_not_before(
    stage: Stage, forgetter: Forgetter, left: set[GuildId], named: Naming
) -> None:
    guilds = GuildStore(database=stage.database, clock=stage.clock)
    await guilds.ensure(GUILD, Credits(0))
    left.add(GUILD)  # so it would seem before all are named
    running = asyncio.create_task(forgetter.run())

    async with soon():
        await named.is_waited_for.wait()
    assert await guilds.present() == [GUILD]
    left.clear()
    named.done.set()
    async with soon():
        await stage.clock.next_sleeper()
    assert await guilds.present() == [GUILD]

    running.cancel()
    await asyncio.wait({running})


async def test_a_server_is_forgotten_by_the_loop_once_its_time_is_over(
    stage: Stage, forgetter: Forgetter, left: set[GuildId], named: Naming
) -> None:
    left.add(GUILD)
    named.done.set()
    job = await stage.order("a secret garden")
    job = await stage.finish(job)
    await stage.move(job, job.state, job.state.COMPLETED)
    await GuildStore(database=stage.database, clock=stage.clock).mark_left(GUILD)

    await forgetter.step()
    assert (await stage.now(job)).spec.prompt == "a secret garden"
    running = asyncio.create_task(forgetter.run())
    while (await stage.now(job)).spec.prompt:
        assert await stage.clock.next_sleeper() <= LOOK_EVERY
        stage.clock.move(timedelta(hours=12))
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})

    assert (await stage.balance()).spent == 15


async def test_neither_a_clock_that_jumps_nor_downtime_forgets_a_server_at_the_first_look(
    stage: Stage, forgetter: Forgetter, left: set[GuildId]
) -> None:
    job = await stage.finish(await stage.order("a secret garden"))
    await stage.move(job, job.state, job.state.COMPLETED)
    guilds = GuildStore(database=stage.database, clock=stage.clock)
    await guilds.mark_left(GUILD)
    stage.clock.move(timedelta(days=25))
    stage.clock.jump(AFTER)

    for _ in range(20):  # it came back while nothing ran, and Discord names it in a moment
        await forgetter.step()
        stage.clock.move(LOOK_EVERY)
    left.add(GUILD)
    for _ in range(20):
        await forgetter.step()
        stage.clock.move(LOOK_EVERY)
    assert (await stage.now(job)).spec.prompt == "a secret garden"

    for _ in range(6):
        await forgetter.step()
        stage.clock.move(LOOK_EVERY)
    assert (await stage.now(job)).spec.prompt == ""


async def test_a_removal_that_happened_while_the_bot_was_away_is_found(
    stage: Stage, forgetter: Forgetter, left: set[GuildId]
) -> None:
    guilds = GuildStore(database=stage.database, clock=stage.clock)
    for guild_id in (GUILD, GuildId(101)):
        await guilds.ensure(guild_id, Credits(0))
    left.add(GuildId(101))

    await forgetter.step()

    assert await guilds.present() == [GUILD]
