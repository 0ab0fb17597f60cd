"""PowerPost in a bad hour: few orders are risked, the others wait in their places, and their members read why."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.identifiers import LinkId
from bot.domain.job import Failure, Job, JobState, MessageState
from bot.errors import AnswerFacts, ServerFault
from bot.powerpost.account import PowerPostAccount
from bot.powerpost.models import Accepted, GenerateOrder
from bot.services.jobs.breaker import Step
from bot.services.jobs.recover import recover
from bot.services.jobs.submit import LOOK_EVERY, Submitter
from bot.services.ports import Account as PayingAccount
from sandbox.powerpost.faults import Answer, HangBefore
from tests.services.jobs.test_submit import a_submitter
from tests.services.stage import GENERATE, OneAccount, Stage, soon

BALANCE = "GET /account/credits"
REFUSED = Answer(401, {"error": {"code": "INVALID_API_KEY", "message": "No"}})


@pytest.fixture
def submitter(stage: Stage) -> Submitter:
    return a_submitter(stage)


async def pass_time(stage: Stage, submitter: Submitter, duration: timedelta) -> None:
    end = stage.clock.now() + duration
    while stage.clock.now() < end:
        async with soon():
            await submitter.step()
            await stage.clock.hurry(submitter.task_pool.idle())
        stage.clock.move(LOOK_EVERY)


async def states(stage: Stage, jobs: list[Job]) -> dict[JobState, int]:
    found = [(await stage.now(job)).state for job in jobs]
    return {state: found.count(state) for state in set(found)}


async def test_of_sixty_queued_jobs_two_are_risked_while_powerpost_fails_then_all_go(
    stage: Stage, submitter: Submitter
) -> None:
    jobs = [await stage.accept(f"request {number}") for number in range(60)]
    stage.powerpost.faults.add(GENERATE, Answer(503), times=None)
    stage.powerpost.faults.add(BALANCE, Answer(503), times=None)

    await pass_time(stage, submitter, timedelta(minutes=20))
    assert await states(stage, jobs) == {JobState.UNCONFIRMED: 2, JobState.QUEUED: 58}

    stage.powerpost.faults.clear()
    await pass_time(stage, submitter, timedelta(minutes=30))
    assert await states(stage, jobs) == {JobState.UNCONFIRMED: 2, JobState.PROCESSING: 58}
    assert await stage.orders_made() == 60


async def test_while_reads_work_and_orders_fail_one_order_is_risked_after_each_pause(
    stage: Stage, submitter: Submitter
) -> None:
    jobs = [await stage.accept(f"request {number}") for number in range(60)]
    stage.powerpost.faults.add(GENERATE, Answer(503), times=None)

    await pass_time(stage, submitter, timedelta(minutes=20))

    assert (await states(stage, jobs))[JobState.UNCONFIRMED] == 2 + 5  # after 30 s, then 1, 2, 4 and 8 minutes more
    assert await stage.orders_made() == 7


async def test_a_read_that_a_pause_cut_off_is_no_good_read(stage: Stage, submitter: Submitter) -> None:
    jobs = [await stage.accept(f"request {number}") for number in range(3)]
    stage.powerpost.faults.add(GENERATE, Answer(503), times=None)
    await pass_time(stage, submitter, timedelta(seconds=20))
    stage.powerpost.faults.add(BALANCE, HangBefore(timedelta(minutes=1)), times=None)
    stage.clock.move(timedelta(minutes=1))
    await submitter.step()
    submitter.pause()
    async with soon():
        await submitter.task_pool.idle()
    submitter.go_on()

    assert submitter._breaker(None).next_step() is Step.READ
    assert await states(stage, jobs) == {JobState.UNCONFIRMED: 2, JobState.QUEUED: 1}


async def test_those_who_wait_keep_their_places(stage: Stage, submitter: Submitter) -> None:
    for number in range(6):
        await stage.accept(f"request {number}")
        stage.clock.move(timedelta(seconds=1))
    stage.powerpost.faults.add(GENERATE, Answer(503), times=2)

    await pass_time(stage, submitter, timedelta(minutes=5))

    assert [made.order.prompt for made in stage.powerpost.generations] == [
        f"request {number}" for number in range(2, 6)
    ]


async def test_an_answered_refusal_is_a_clear_answer(stage: Stage, submitter: Submitter) -> None:
    jobs = [await stage.accept(f"request {number}") for number in range(4)]
    stage.powerpost.faults.add(GENERATE, Answer(503), times=2)
    stage.powerpost.faults.add(GENERATE, REFUSED, times=1)
    stage.powerpost.faults.add(BALANCE, REFUSED, times=None)

    await pass_time(stage, submitter, timedelta(minutes=2))

    [refused] = [job for job in [await stage.now(job) for job in jobs] if job.state is JobState.FAILED]
    assert refused.failure is Failure.KEY_REFUSED
    assert (await states(stage, jobs))[JobState.PROCESSING] == 1


async def test_messages_say_when_it_is_tried_again_and_change_only_with_that(
    stage: Stage, submitter: Submitter
) -> None:
    jobs = [await stage.accept(f"request {number}") for number in range(3)]
    stage.powerpost.faults.add(GENERATE, Answer(503), times=None)
    await pass_time(stage, submitter, timedelta(seconds=15))

    waiting = await stage.now(jobs[2])
    assert (waiting.message_state(stage.clock.now()), waiting.shown) == (MessageState.TROUBLE, None)
    assert waiting.trouble_until is not None
    assert waiting.trouble_until > stage.clock.now()

    await stage.jobs.note(waiting.id, shown=MessageState.TROUBLE)
    await pass_time(stage, submitter, timedelta(seconds=10))
    assert (await stage.now(waiting)).shown is MessageState.TROUBLE, "the message is left alone while nothing changes"

    stage.powerpost.faults.clear()
    await pass_time(stage, submitter, timedelta(minutes=1))
    assert (await stage.now(waiting)).state is JobState.PROCESSING


async def test_who_comes_into_the_trouble_reads_it_and_who_waits_after_it_no_longer(
    stage: Stage, submitter: Submitter
) -> None:
    for number in range(3):
        await stage.accept(f"request {number}")
    stage.powerpost.faults.add(GENERATE, Answer(503), times=None)
    await pass_time(stage, submitter, timedelta(seconds=15))

    late = await stage.accept("late")
    await pass_time(stage, submitter, timedelta(seconds=5))
    assert (await stage.now(late)).message_state(stage.clock.now()) is MessageState.TROUBLE

    restarted = a_submitter(stage)
    await recover(stage.jobs, stage.outcomes())
    await restarted.step()
    assert (await stage.now(late)).message_state(stage.clock.now()) is MessageState.QUEUED
    await restarted.task_pool.close()


class FailingAccount(PowerPostAccount):
    """An account whose orders get no clear answer."""

    async def generate(self, order: GenerateOrder) -> Accepted:
        raise ServerFault(AnswerFacts(status=503))


class TwoAccounts(OneAccount):
    """Fits `ports.Accounts`: the operator's account, and one that a server brought."""

    def __init__(self, operator: PayingAccount, linked: PayingAccount) -> None:
        super().__init__(operator)
        self._linked = linked

    def of(self, link_id: LinkId | None) -> PayingAccount:
        return super().of(None) if link_id is None else self._linked


async def test_trouble_of_one_account_holds_no_other_one_up(stage: Stage) -> None:
    ours = stage.paying
    failing = FailingAccount(client=ours._client, fetcher=ours._fetcher, clock=stage.clock)
    submitter = a_submitter(stage, accounts=TwoAccounts(ours, failing))
    link_id = await stage.link()
    theirs = [await stage.accept(f"theirs {number}", link_id=link_id) for number in range(4)]
    jobs = [await stage.accept(f"ours {number}") for number in range(4)]

    await pass_time(stage, submitter, timedelta(seconds=25))

    assert await states(stage, theirs) == {JobState.UNCONFIRMED: 2, JobState.QUEUED: 2}
    assert await states(stage, jobs) == {JobState.PROCESSING: 4}


async def test_a_stop_does_not_wait_for_a_read(stage: Stage, submitter: Submitter) -> None:
    for number in range(3):
        await stage.accept(f"request {number}")
    stage.powerpost.faults.add(GENERATE, Answer(503), times=None)
    stage.powerpost.faults.add(BALANCE, Answer(503), times=None)  # each is tried again after a sleep on the clock
    await pass_time(stage, submitter, timedelta(seconds=15))
    stage.clock.move(timedelta(seconds=30))
    await submitter.step()
    await stage.clock.next_sleeper()

    async with soon():
        await submitter.close()
