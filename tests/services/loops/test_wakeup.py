"""The bell that wakes a loop."""

from __future__ import annotations

from datetime import timedelta

from bot.services.loops.wakeup import Bell
from tests.services.stage import soon

LONG = timedelta(hours=1)
AT_ONCE = timedelta(0)


async def test_a_ring_before_the_wait_is_heard() -> None:
    bell = Bell()
    bell.ring()

    async with soon():
        await bell.wait(LONG)


async def test_ringing_twice_is_ringing_once() -> None:
    bell = Bell()
    bell.ring()
    bell.ring()

    async with soon():
        await bell.wait(LONG)

    assert not bell._rung.is_set()


async def test_a_wait_ends_without_a_ring() -> None:
    async with soon():
        await Bell().wait(AT_ONCE)


async def test_a_negative_wait_is_none_at_all() -> None:
    async with soon():
        await Bell().wait(timedelta(seconds=-3))
