"""Tasks that outlive their handler: a stop waits for them, and ends those that it cannot wait for."""

from __future__ import annotations

import asyncio

import pytest

from cogs.interactions.tasks import OwnedTasks


async def test_what_hangs_longer_than_a_stop_may_take_is_cancelled() -> None:
    tasks = OwnedTasks()
    hanging = tasks.start(asyncio.Event().wait())

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await tasks.drain()

    await asyncio.wait({hanging}, timeout=1)
    assert hanging.cancelled()
