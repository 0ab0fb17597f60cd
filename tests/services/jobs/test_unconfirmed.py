"""Orders that PowerPost never answered: the operator is told, the balance proves what it can, a day ends the rest."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import AlertKind
from bot.domain.charges import CHARGED_WITHIN
from bot.domain.job import Failure, Job, JobState
from bot.services.accounts.watched import WatchedAccount
from bot.services.jobs.submit import Submitter
from bot.services.jobs.unconfirmed import ASK_EVERY, GIVEN_BACK_AFTER, Unconfirmed
from bot.services.jobs.upload import Uploader
from bot.services.loops.wakeup import Wakeup
from sandbox.powerpost.faults import Answer, Fault, ResetAfter, ResetBefore
from storage.observations import AccountObservations
from storage.spending import SpendingSwitch
from tests.services.stage import GENERATE, GENERATION_TIME, GRANTED, OneAccount, Stage, soon

ASK = "GET /account/credits"
MINUTE = timedelta(minutes=1)


class Desk:
    """The submitter and the settling of what it leaves unconfirmed, as the bot has them; `restart` as a new process."""

    def __init__(self, stage: Stage, *, is_ours_alone: bool = True) -> None:
        self.stage = stage
        self.is_ours_alone = is_ours_alone
        self.settled = Wakeup()
        self.restart()

    def restart(self) -> None:
        stage = self.stage
        account = WatchedAccount(stage.paying, alerts=stage.alerts, clock=stage.clock, low_balance=0)
        accounts = OneAccount(account)
        self.account = account
        self.submitter = Submitter(
            jobs=stage.jobs,
            accounts=accounts,
            uploader=Uploader(jobs=stage.jobs, accounts=accounts, alerts=stage.alerts, clock=stage.clock),
            outcomes=stage.outcomes(),
            alerts=stage.alerts,
            spending=SpendingSwitch(database=stage.database, clock=stage.clock),
            clock=stage.clock,
            wakeup=stage.wakeup,
            moved=(stage.next_wakeup,),
        )
        self.unconfirmed = Unconfirmed(
            jobs=stage.jobs,
            ledger=stage.ledger,
            observations=AccountObservations(database=stage.database),
            account=account,
            waits=stage.waits,
            is_ours_alone=self.is_ours_alone,
            alerts=stage.alerts,
            clock=stage.clock,
            wakeup=stage.next_wakeup,
            moved=(self.settled,),
        )

    async def order(self, fault: Fault | None = None) -> Job:
        """A job after its order went out, spoilt by `fault`; a minute passes before and after."""
        job = await self.stage.accept()
        if fault is not None:
            self.stage.powerpost.faults.add(GENERATE, fault)
        self.stage.clock.move(MINUTE)
        async with soon():
            await self.submitter.step()
            await self.submitter.task_pool.idle()
        self.stage.clock.move(MINUTE)
        return await self.stage.now(job)

    async def let_pass(self, duration: timedelta) -> None:
        """Time goes by in steps of a minute, as the loop goes."""
        end = self.stage.clock.monotonic() + duration.total_seconds()
        while self.stage.clock.monotonic() < end:
            async with soon():
                await self.unconfirmed.step()
            self.stage.clock.move(MINUTE)

    def alerts(self) -> list[AlertKind]:
        return [alert.kind for alert in self.stage.alerts.raised]

    def times_asked(self) -> int:
        return sum(request.route == ASK for request in self.stage.powerpost.requests)


@pytest.fixture
def desk(stage: Stage) -> Desk:
    return Desk(stage)


async def test_an_order_that_never_arrived_is_given_back_within_minutes(stage: Stage, desk: Desk) -> None:
    made = await desk.order()
    job = await desk.order(ResetBefore())
    await stage.finish(made)

    await desk.let_pass(CHARGED_WITHIN + 3 * ASK_EVERY)

    job = await stage.now(job)
    assert (job.state, job.failure) == (JobState.FAILED, Failure.NOT_TAKEN)
    assert (await stage.balance()).available == GRANTED - 15
    assert await stage.ledger.written_off() == 0
    assert desk.alerts() == [AlertKind.ORDER_UNCONFIRMED]
    async with soon():
        await desk.settled.wait(timedelta(hours=1))


async def test_an_order_that_was_charged_stays_for_the_operator_who_is_told(stage: Stage, desk: Desk) -> None:
    made = await desk.order()
    job = await desk.order(ResetAfter())
    await stage.finish(made)

    await desk.let_pass(timedelta(hours=1))

    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    assert (await stage.balance()).reserved == 30
    assert desk.alerts() == [AlertKind.ORDER_UNCONFIRMED, AlertKind.ORDER_CHARGED]


@pytest.mark.parametrize("fault", [ResetBefore(), ResetAfter()])
async def test_evidence_survives_a_restart(stage: Stage, desk: Desk, fault: Fault) -> None:
    made = await desk.order()
    job = await desk.order(fault)
    await stage.finish(made)
    await desk.let_pass(MINUTE)

    desk.restart()
    await desk.let_pass(CHARGED_WITHIN + 3 * ASK_EVERY)

    is_charged = isinstance(fault, ResetAfter)
    assert ((await stage.now(job)).state is JobState.UNCONFIRMED) == is_charged
    assert (AlertKind.ORDER_CHARGED in desk.alerts()) == is_charged


async def test_nothing_is_concluded_while_another_video_may_have_been_refunded(stage: Stage, desk: Desk) -> None:
    stage.powerpost.production.hold()
    await desk.order()
    await desk.order()
    job = await desk.order(ResetAfter())
    first_made = stage.powerpost.generations[0]

    stage.powerpost.production.fail(first_made)
    await desk.let_pass(timedelta(hours=2))

    assert first_made.refunded
    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    assert desk.alerts() == [AlertKind.ORDER_UNCONFIRMED]


async def test_a_key_that_others_use_too_proves_nothing_and_is_not_asked(stage: Stage) -> None:
    desk = Desk(stage, is_ours_alone=False)
    made = await desk.order()
    job = await desk.order(ResetBefore())
    await stage.finish(made)

    await desk.let_pass(timedelta(hours=2))

    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    assert desk.times_asked() == 0


async def watch_for(desk: Desk, duration: timedelta) -> None:
    """Time goes by in strides of half an hour."""
    end = desk.stage.clock.monotonic() + duration.total_seconds()
    while desk.stage.clock.monotonic() < end:
        desk.stage.clock.move(30 * MINUTE)
        async with soon():
            await desk.unconfirmed.step()


async def test_after_a_day_the_server_has_its_credits_back_and_the_cost_is_written_off(stage: Stage) -> None:
    desk = Desk(stage, is_ours_alone=False)
    job = await desk.order(ResetAfter())

    await watch_for(desk, GIVEN_BACK_AFTER)
    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    desk.restart()
    await watch_for(desk, 61 * MINUTE)

    job = await stage.now(job)
    assert (job.state, job.failure) == (JobState.FAILED, Failure.NEVER_CONFIRMED)
    assert (await stage.balance()).available == GRANTED
    assert await stage.ledger.written_off() == 15
    assert desk.alerts() == [AlertKind.ORDER_UNCONFIRMED, AlertKind.ORDER_WRITTEN_OFF]
    assert await stage.orders_made() == 1


@pytest.mark.parametrize("jump", [timedelta(hours=25), timedelta(hours=-2)], ids=["later", "earlier"])
async def test_neither_downtime_nor_a_clock_that_jumps_writes_an_order_off(
    stage: Stage, desk: Desk, jump: timedelta
) -> None:
    """The operator had no day to settle it."""
    job = await desk.order(ResetAfter())
    await desk.let_pass(MINUTE)
    stage.clock.move(timedelta(hours=25))
    desk.restart()
    await desk.let_pass(MINUTE)
    stage.clock.jump(jump)
    await desk.let_pass(CHARGED_WITHIN)

    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    await watch_for(desk, GIVEN_BACK_AFTER)
    assert (await stage.now(job)).failure is Failure.NEVER_CONFIRMED


async def test_a_clock_that_jumps_makes_no_young_order_old_enough_to_be_judged(stage: Stage, desk: Desk) -> None:
    """PowerPost may take ten minutes to charge; by the wall clock they were over in a moment."""
    made = await desk.order()
    job = await desk.order(ResetBefore())
    await stage.finish(made)
    stage.clock.jump(timedelta(hours=25))

    await desk.let_pass(CHARGED_WITHIN - 3 * MINUTE)
    assert desk.times_asked() == 0
    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    await desk.let_pass(3 * MINUTE + 3 * ASK_EVERY)

    assert (await stage.now(job)).failure is Failure.NOT_TAKEN


async def test_nothing_is_asked_while_nothing_is_in_doubt(stage: Stage, desk: Desk) -> None:
    await desk.order()
    await desk.let_pass(timedelta(hours=1))
    assert desk.times_asked() == 0


async def test_a_balance_that_cannot_be_asked_is_asked_again_later(stage: Stage, desk: Desk) -> None:
    made = await desk.order()
    job = await desk.order(ResetBefore())
    await stage.finish(made)
    stage.powerpost.faults.add(ASK, Answer(403, {"error": {"code": "INSUFFICIENT_SCOPE", "message": "account:read"}}))

    await desk.let_pass(GENERATION_TIME + CHARGED_WITHIN + 3 * ASK_EVERY)

    assert desk.times_asked() >= 3
    assert (await stage.now(job)).failure is Failure.NOT_TAKEN
    assert desk.alerts() == [AlertKind.ORDER_UNCONFIRMED]
