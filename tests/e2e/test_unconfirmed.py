"""An order that PowerPost never answers, from the member's side and the operator's, with the whole product running."""

from __future__ import annotations

from bot.domain.job import JobState
from sandbox.discord import Message
from sandbox.powerpost.faults import ResetAfter, ResetBefore
from tests.e2e.product import STARTING_CREDITS, Product

GENERATE = "POST /videos/generate"


async def unanswered(product: Product) -> tuple[Message, str]:
    """The member's message and the job's id, once the order's fate is unknown."""
    answer = await product.video()
    assert answer.message is not None
    await product.says(answer.message, "You will not be charged twice.")
    [job] = await product.jobs()
    assert job.state is JobState.UNCONFIRMED
    return answer.message, job.id


async def test_the_operator_is_told_and_attaches_the_video_while_the_bot_runs(product: Product) -> None:
    office = product.guild.add_channel("operators")
    product.settings["ALERT_CHANNEL_ID"] = str(office.id)
    await product.start_bot()
    product.powerpost.faults.add(GENERATE, ResetAfter())

    message, job_id = await unanswered(product)
    alert = await product.discord.wait_for(lambda: next(iter(office.messages), None), timeout=30)
    [made] = product.powerpost.generations
    code, printed = await product.command("jobs", "resolve", job_id, "--generation", made.id)

    assert f"videobot jobs resolve {job_id}" in alert.content
    assert code == 0, printed
    await product.finished(message)
    assert (await product.settled()).spent == 15
    assert product.orders == 1


async def test_what_powerpost_never_took_is_given_back_by_a_word_of_the_operator(running: Product) -> None:
    running.powerpost.faults.add(GENERATE, ResetBefore())
    message, job_id = await unanswered(running)

    refused, why = await running.command(
        "jobs", "resolve", job_id, "--generation", "123e4567-e89b-12d3-a456-426614174000"
    )
    code, printed = await running.command("jobs", "resolve", job_id, "--not-charged")

    assert (refused, "PowerPost has no generation" in why) == (1, True)
    assert code == 0, printed
    await running.says(message, "You were not charged.")
    assert (await running.settled()).available == STARTING_CREDITS
    assert running.orders == 1


async def test_the_database_is_backed_up_while_the_bot_works(running: Product) -> None:
    await running.video()
    code, printed = await running.command("backup", "copy.db")
    assert code == 0, printed
    assert "its ledger adds up" in printed
    await running.settled()
