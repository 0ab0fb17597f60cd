"""Waits outlive the process, separately for each reason."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.patience import Reason, Wait
from storage.database.engine import Database
from storage.waits import WaitStore

LONG = Wait(timedelta(hours=23, seconds=1), 4000)


async def test_a_wait_is_kept_as_it_stands_and_dropped_for_its_reason_alone(database: Database) -> None:
    waits = WaitStore(database=database)
    await waits.keep(Reason.MAKING, "a", Wait(timedelta(hours=1), 3))
    await waits.keep(Reason.MAKING, "a", LONG)
    await waits.keep(Reason.MAKING, "b", LONG)
    await waits.keep(Reason.UNKNOWN, "a", LONG)

    assert await waits.all(Reason.MAKING) == {"a": LONG, "b": LONG}
    await waits.drop(Reason.MAKING, ["a", "nobody"])

    assert await waits.all(Reason.MAKING) == {"b": LONG}
    assert await waits.all(Reason.UNKNOWN) == {"a": LONG}
