"""The wakeup that wakes a loop."""

from __future__ import annotations

from datetime import timedelta

from bot.services.loops.wakeup import Wakeup
from tests.services.stage import soon

LONG = timedelta(hours=1)
AT_ONCE = timedelta(0)


async def test_a_wake_before_the_wait_is_heard() -> None:
    wakeup = Wakeup()
    wakeup.wake()

    async with soon():
        await wakeup.wait(LONG)


async def test_ringing_twice_is_ringing_once() -> None:
    wakeup = Wakeup()
    wakeup.wake()
    wakeup.wake()

    async with soon():
        await wakeup.wait(LONG)

    assert not wakeup._woken.is_set()


async def test_a_wait_ends_without_a_wake() -> None:
    async with soon():
        await Wakeup().wait(AT_ONCE)


async def test_a_negative_wait_is_none_at_all() -> None:
    async with soon():
        await Wakeup().wait(timedelta(seconds=-3))
