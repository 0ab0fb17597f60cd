"""The process ends, by order or by force, and every request goes on where it was, in the same message."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.job import JobState
from sandbox.powerpost import price
from sandbox.powerpost.faults import HangBefore
from tests.e2e.product import STARTING_CREDITS, Product

KLING = price("kling-3.0-pro", 5)


async def test_a_video_in_the_making_survives_a_restart(running: Product) -> None:
    running.powerpost.production.hold()
    answer = await running.video()
    assert answer.message is not None
    await running.says(answer.message, "being made")

    assert await running.stop_bot() == 0
    running.powerpost.production.release()
    await running.start_bot()

    message = await running.finished(answer.message)
    assert running.orders == 1
    assert message.attachments
    assert (await running.settled()).spent == KLING


async def test_a_video_in_the_making_survives_a_power_cut(running: Product) -> None:
    running.powerpost.production.hold()
    answer = await running.video()
    assert answer.message is not None
    await running.says(answer.message, "being made")

    await running.kill_bot()
    running.powerpost.production.release()
    await running.start_bot()

    await running.finished(answer.message)
    assert running.orders == 1


async def test_a_stop_lets_the_order_under_way_end(running: Product) -> None:
    running.powerpost.faults.add("POST /videos/generate", HangBefore(timedelta(seconds=3)))
    await running.video()
    await running.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)

    assert await running.stop_bot() == 0

    [job] = await running.jobs()
    assert job.state is JobState.PROCESSING
    assert job.generation_id == running.powerpost.generations[0].id


async def test_an_order_cut_off_by_force_is_never_sent_again(running: Product) -> None:
    running.powerpost.faults.add("POST /videos/generate", HangBefore(timedelta(seconds=30)))
    answer = await running.video()
    assert answer.message is not None
    await running.until(lambda jobs: jobs[0].state is JobState.SUBMITTING)

    await running.kill_bot()
    await running.start_bot()

    await running.says(answer.message, "You will not be charged twice.")
    assert running.orders == 1
    balance = await running.balance()
    assert (balance.available, balance.reserved) == (STARTING_CREDITS - KLING, KLING)


async def test_starting_credits_are_granted_once(running: Product) -> None:
    await running.video()
    await running.settled()

    await running.stop_bot()
    await running.start_bot()
    await running.video()
    balance = await running.settled()

    assert balance.granted == STARTING_CREDITS
    assert balance.spent == 2 * KLING


async def test_commands_are_sent_to_discord_only_when_they_have_changed(running: Product) -> None:
    await running.stop_bot()
    await running.start_bot()

    registrations = [request for request in running.discord.requests if request.route.endswith("/commands")]
    assert [request.method for request in registrations] == ["PUT"]
