"""PowerPost fails for everybody, with the whole product running: few orders are risked, and members read why."""

from __future__ import annotations

from bot.domain.job import JobState
from sandbox.powerpost.faults import Answer
from tests.e2e.product import Product

GENERATE = "POST /videos/generate"
BALANCE = "GET /account/credits"


async def test_members_who_wait_read_that_powerpost_has_trouble_and_when_it_is_tried_again(running: Product) -> None:
    for route in (GENERATE, BALANCE):
        running.powerpost.faults.add(route, Answer(503), times=None)
    for number in range(2):
        lost = await running.video(f"Lost {number}")
        assert lost.message is not None
        await running.says(lost.message, "We are checking whether PowerPost got this request.")

    waiting = await running.video("A lighthouse that waits")

    assert waiting.message is not None
    message = await running.says(waiting.message, "PowerPost is having trouble. Trying again <t:")
    assert "15 credits are held for it" in message.text
    assert running.orders == 2
    states = sorted(job.state for job in await running.jobs())
    assert states == [JobState.QUEUED, JobState.UNCONFIRMED, JobState.UNCONFIRMED]
