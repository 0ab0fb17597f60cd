"""Patience: what was seen ends a wait, in this process and in those before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.patience import LONGEST_GAP, Reason, Wait
from bot.services.loops.patience import Patience
from storage.database.engine import Database
from storage.waits import WaitStore
from tests.clocks import MovableClock

HOUR = timedelta(hours=1)
DAY = 24 * HOUR


class Watcher:
    """A process that is patient; `restart` as a new one on the same database."""

    def __init__(self, database: Database, clock: MovableClock) -> None:
        self.clock = clock
        self.waits = WaitStore(database=database)
        self.restart()

    def restart(self) -> None:
        self.patience = Patience(waits=self.waits, reason=Reason.MAKING, enough=DAY, clock=self.clock)

    async def see(self, times: int = 1, *, every: timedelta = HOUR, subject: str = "a") -> bool:
        is_over = False
        for _ in range(times):
            self.clock.move(every)
            await self.patience.watch(["a", "b"])
            is_over = await self.patience.see(subject)
        return is_over


@pytest.fixture
def watcher(database: Database, clock: MovableClock) -> Watcher:
    return Watcher(database, clock)


async def test_a_wait_ends_when_it_was_seen_for_long_enough(watcher: Watcher) -> None:
    assert not await watcher.see(24)
    assert await watcher.see()


async def test_hours_in_which_nobody_looked_count_for_one_at_most(watcher: Watcher) -> None:
    assert not await watcher.see(2, every=25 * HOUR)
    assert watcher.patience.span("a") == LONGEST_GAP


async def test_downtime_does_not_count_and_what_was_seen_before_it_does(watcher: Watcher) -> None:
    await watcher.see(13)
    watcher.clock.move(25 * HOUR)
    watcher.restart()

    assert not await watcher.see(12)
    assert await watcher.see()


@pytest.mark.parametrize("jump", [25 * HOUR, -2 * HOUR], ids=str)
async def test_the_wall_clock_does_not_matter(watcher: Watcher, jump: timedelta) -> None:
    await watcher.see(12)
    watcher.clock.jump(jump)

    assert not await watcher.see(12)
    assert await watcher.see()


async def test_subjects_do_not_wait_for_each_other(watcher: Watcher) -> None:
    await watcher.see(25)
    assert not await watcher.see(subject="b")


async def test_what_is_not_watched_any_more_is_forgotten_here_and_in_the_database(watcher: Watcher) -> None:
    await watcher.see(20)
    assert set(await watcher.waits.all(Reason.MAKING)) == {"a"}

    await watcher.patience.watch(["b"])

    assert await watcher.waits.all(Reason.MAKING) == {}
    assert not await watcher.see(20)


async def test_a_wait_that_was_something_else_meanwhile_begins_again(watcher: Watcher) -> None:
    await watcher.see(20)
    await watcher.patience.forget(["a"])
    assert not await watcher.see(20)


class CountedWaits(WaitStore):
    kept = 0

    async def keep(self, reason: Reason, subject: str, wait: Wait) -> None:
        self.kept += 1
        await super().keep(reason, subject, wait)


async def test_a_long_wait_is_stored_rarely(database: Database, clock: MovableClock) -> None:
    watcher = Watcher(database, clock)
    watcher.waits = counted = CountedWaits(database=database)
    watcher.restart()

    await watcher.see(24 * 60 * 2, every=timedelta(seconds=30))

    assert 90 < counted.kept <= 100
