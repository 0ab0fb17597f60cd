"""Sending orders: what is certain ends a job or lets it go on, and nothing is ever ordered twice."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Unpack

import aiohttp
import pytest

from bot.domain.actor import OPERATOR
from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import JobId, LinkId
from bot.domain.job import Failure, Job, JobChanges, JobState
from bot.errors import DatabaseUnavailable
from bot.powerpost.account import PowerPostAccount
from bot.powerpost.client import PowerPostClient
from bot.services.jobs.breaker import REMEMBERED_FOR
from bot.services.jobs.recover import recover
from bot.services.jobs.submit import Submitter
from bot.services.jobs.upload import Uploader
from bot.services.ports import Account as PayingAccount
from bot.services.ports import Jobs
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from sandbox.powerpost.faults import (
    Answer,
    AnswerAfter,
    Fault,
    HangAfter,
    HangBefore,
    HtmlPage,
    ResetAfter,
    ResetBefore,
    TooManyRequests,
    TruncatedJson,
)
from storage.jobs import JobStore
from storage.spending import SpendingSwitch
from tests.services.stage import GENERATE, GRANTED, OneAccount, Stage, soon


def a_submitter(stage: Stage, *, jobs: Jobs | None = None, accounts: OneAccount | None = None) -> Submitter:
    kept, used = jobs or stage.jobs, accounts or stage.accounts
    uploader = Uploader(jobs=kept, accounts=used, alerts=stage.alerts, clock=stage.clock)
    return Submitter(
        jobs=kept,
        accounts=used,
        uploader=uploader,
        outcomes=stage.outcomes(kept),
        alerts=stage.alerts,
        spending=switch_of(stage),
        clock=stage.clock,
        wakeup=stage.wakeup,
        moved=(stage.next_wakeup,),
    )


def switch_of(stage: Stage) -> SpendingSwitch:
    return SpendingSwitch(database=stage.database, clock=stage.clock)


@pytest.fixture
async def submitter(stage: Stage) -> AsyncIterator[Submitter]:
    submitter = a_submitter(stage)
    yield submitter
    await submitter.task_pool.close()


async def one_round(submitter: Submitter) -> None:
    async with soon():
        await submitter.step()
        await submitter.task_pool.idle()


async def submitted(stage: Stage, submitter: Submitter) -> Job:
    """A fresh job after one round of the submitter."""
    job = await stage.accept()
    await one_round(submitter)
    return await stage.now(job)


async def test_an_accepted_order_is_remembered_with_its_price(stage: Stage, submitter: Submitter) -> None:
    job = await submitted(stage, submitter)

    [made] = stage.powerpost.generations
    assert (job.state, job.generation_id, job.credits_used) == (JobState.PROCESSING, made.id, 15)
    assert job.submitted_at == stage.clock.now()
    assert made.order.prompt == "a cat"
    async with soon():
        await stage.next_wakeup.wait(timedelta(hours=1))


async def test_orders_of_one_account_go_one_after_another_oldest_first(stage: Stage, submitter: Submitter) -> None:
    first = await stage.accept("first")
    stage.clock.move(timedelta(seconds=1))
    second = await stage.accept("second")

    await one_round(submitter)
    assert [(await stage.now(job)).state for job in (first, second)] == [JobState.PROCESSING, JobState.QUEUED]
    await one_round(submitter)

    assert [made.order.prompt for made in stage.powerpost.generations] == ["first", "second"]


REFUSALS = [
    (400, "VALIDATION_ERROR", Failure.REQUEST_REFUSED),
    (401, "INVALID_API_KEY", Failure.KEY_REFUSED),
    (402, "INSUFFICIENT_CREDITS", Failure.ACCOUNT_EMPTY),
    (403, "FORBIDDEN", Failure.KEY_REFUSED),
    (403, "INSUFFICIENT_SCOPE", Failure.KEY_REFUSED),
    (404, "NOT_FOUND", Failure.REQUEST_REFUSED),
    (413, "FILE_TOO_LARGE", Failure.IMAGE_REFUSED),
    (413, "STORAGE_QUOTA_EXCEEDED", Failure.STORAGE_FULL),
    (422, "SOMETHING_NEW", Failure.REQUEST_REFUSED),
]


@pytest.mark.parametrize(("status", "code", "failure"), REFUSALS)
async def test_a_refused_order_fails_with_its_reason_and_costs_nothing(
    stage: Stage, submitter: Submitter, status: int, code: str, failure: Failure
) -> None:
    stage.powerpost.faults.add(GENERATE, Answer(status, {"error": {"code": code, "message": "No, thank you"}}))

    job = await submitted(stage, submitter)

    assert (job.state, job.failure, job.failure_detail) == (JobState.FAILED, failure, "No, thank you")
    assert job.request_id is not None
    assert (await stage.balance()).available == GRANTED
    await one_round(submitter)
    assert await stage.orders_made() == 1


async def test_an_empty_account_is_told_apart(stage: Stage, submitter: Submitter) -> None:
    """The same by the real rule of the local PowerPost, not by a planned answer."""
    stage.powerpost.ledger.accounts[0].balance = 14

    job = await submitted(stage, submitter)

    stage.powerpost.ledger.accounts[0].balance = 1000
    assert (job.state, job.failure) == (JobState.FAILED, Failure.ACCOUNT_EMPTY)
    assert stage.powerpost.generations == []


async def test_a_rate_limit_puts_the_order_off_and_it_goes_out_once(stage: Stage, submitter: Submitter) -> None:
    stage.powerpost.faults.add(GENERATE, TooManyRequests(retry_after=40))

    job = await submitted(stage, submitter)
    assert (job.state, job.not_before) == (JobState.QUEUED, stage.clock.now() + timedelta(seconds=40))
    assert (await stage.balance()).reserved == 15
    await one_round(submitter)
    assert await stage.orders_made() == 1

    stage.clock.move(timedelta(seconds=120))
    await one_round(submitter)

    assert (await stage.now(job)).state is JobState.PROCESSING
    assert len(stage.powerpost.generations) == 1


async def test_an_unreachable_powerpost_fails_the_job_and_costs_nothing(
    stage: Stage, session: aiohttp.ClientSession
) -> None:
    async with unreachable(stage, session) as accounts:
        job = await submitted(stage, a_submitter(stage, accounts=accounts))

    assert (job.state, job.failure) == (JobState.FAILED, Failure.UNREACHABLE)
    assert (await stage.balance()).available == GRANTED


UNCLEAR: list[tuple[Fault, int]] = [
    (ResetAfter(), 1),
    (ResetBefore(), 0),
    (HangAfter(), 1),
    (HangBefore(), 0),
    (Answer(500), 0),
    (AnswerAfter(Answer(500)), 1),
    (HtmlPage(502), 0),
    (HtmlPage(200), 0),
    (TruncatedJson(), 1),
    (AnswerAfter(Answer(200, {})), 1),
]


@pytest.mark.parametrize(("fault", "made"), UNCLEAR, ids=lambda value: type(value).__name__)
async def test_an_order_of_unknown_outcome_keeps_its_hold_and_is_never_sent_again(
    stage: Stage, submitter: Submitter, monkeypatch: pytest.MonkeyPatch, fault: Fault, made: int
) -> None:
    monkeypatch.setattr("bot.powerpost.client.SENDING_TIMEOUT", timedelta(milliseconds=100))
    stage.powerpost.faults.add(GENERATE, fault)

    job = await submitted(stage, submitter)
    assert job.state is JobState.UNCONFIRMED
    assert (await stage.balance()).reserved == 15

    stage.clock.move(timedelta(days=1))
    await recover(stage.jobs, stage.outcomes())
    await one_round(submitter)
    assert await stage.orders_made() == 1
    assert len(stage.powerpost.generations) == made
    assert (await stage.now(job)).state is JobState.UNCONFIRMED


class SharedAccount(OneAccount):
    """The operator's account, for linked servers too."""

    def of(self, link_id: LinkId | None) -> PayingAccount:
        return super().of(None)


async def test_when_many_accounts_have_work_who_has_waited_longest_goes_first(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While all places were taken, an account with a long queue had the next free one again, and others none."""
    monkeypatch.setattr("bot.services.jobs.submit.ACCOUNTS_AT_ONCE", 1)
    submitter = a_submitter(stage, accounts=SharedAccount(stage.paying))
    link_id = await stage.link()
    for prompt, whose in (("1", None), ("2", link_id), ("3", None), ("4", link_id)):
        await stage.accept(prompt, link_id=whose)
        stage.clock.move(timedelta(seconds=1))

    for _ in range(4):
        await one_round(submitter)

    assert [made.order.prompt for made in stage.powerpost.generations] == ["1", "2", "3", "4"]


async def test_a_stop_waits_for_the_order_under_way(stage: Stage, submitter: Submitter) -> None:
    stage.powerpost.faults.add(GENERATE, HangBefore(timedelta(milliseconds=100)))
    job = await stage.accept()
    await submitter.step()
    await stage.powerpost.wait_for(lambda: stage.powerpost.requests)

    async with soon():
        await submitter.close()

    assert (await stage.now(job)).state is JobState.PROCESSING


async def test_a_stop_begins_no_new_order(stage: Stage, submitter: Submitter) -> None:
    job = await stage.accept()
    await submitter.close()

    await one_round(submitter)

    assert (await stage.now(job)).state is JobState.QUEUED
    assert await stage.orders_made() == 0


async def test_a_pause_that_ends_during_a_stop_begins_no_new_order(stage: Stage, submitter: Submitter) -> None:
    """The database's lock came back while the stop still waited for a picture: an order went out, and was cut off."""
    job = await stage.accept()
    submitter.pause()
    submitter.leave()
    submitter.go_on()

    await one_round(submitter)

    assert (await stage.now(job)).state is JobState.QUEUED


async def test_after_a_pause_orders_go_on(stage: Stage, submitter: Submitter) -> None:
    job = await stage.accept()
    submitter.pause()
    await one_round(submitter)
    assert (await stage.now(job)).state is JobState.QUEUED
    submitter.go_on()

    await one_round(submitter)

    assert (await stage.now(job)).state is JobState.PROCESSING


async def test_a_stop_does_not_wait_for_a_turn_in_the_budget(stage: Stage, submitter: Submitter) -> None:
    """After a 429 it may be a minute until an order may go out: it goes out after the restart instead."""
    stage.powerpost.faults.add(GENERATE, TooManyRequests(retry_after=60))
    await submitted(stage, submitter)
    waiting = await stage.accept()
    await submitter.step()
    await stage.clock.next_sleeper()

    async with soon():
        await submitter.close()

    assert (await stage.now(waiting)).state is JobState.QUEUED
    assert await stage.orders_made() == 1


async def test_a_job_cancelled_while_it_waited_is_not_ordered(stage: Stage, submitter: Submitter) -> None:
    stage.powerpost.faults.add(GENERATE, TooManyRequests(retry_after=60))
    await submitted(stage, submitter)
    waiting = await stage.accept()
    await submitter.step()
    await stage.clock.next_sleeper()

    await stage.move(waiting, JobState.QUEUED, JobState.CANCELLED)
    stage.clock.move(timedelta(seconds=120))
    async with soon():
        await submitter.task_pool.idle()

    assert (await stage.now(waiting)).state is JobState.CANCELLED
    assert await stage.orders_made() == 1


async def test_a_mistake_of_ours_while_ordering_leaves_the_order_unconfirmed(
    stage: Stage, submitter: Submitter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have come after the order left, so the job must neither be ordered again nor hang until a restart."""

    async def stumble(_order: object) -> None:
        raise ZeroDivisionError("for a test")

    monkeypatch.setattr(stage.paying, "generate", stumble)

    job = await submitted(stage, submitter)

    assert job.state is JobState.UNCONFIRMED
    assert (await stage.balance()).reserved == 15


class FailingBooks(JobStore):
    """The real store, which cannot write outcomes for a while."""

    outcomes_to_lose = 0

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        if start is JobState.SUBMITTING and self.outcomes_to_lose:
            self.outcomes_to_lose -= 1
            raise DatabaseUnavailable("for a test")
        return await super().move(job_id, start, end, **changes)


class UnheardBooks(JobStore):
    """The real store, whose connection breaks once just after an intention was committed."""

    is_broken = False

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        moved = await super().move(job_id, start, end, **changes)
        if end is JobState.SUBMITTING and not self.is_broken:
            self.is_broken = True
            raise DatabaseUnavailable("for a test")
        return moved


async def test_an_intention_that_was_stored_unheard_does_not_stay_for_ever(stage: Stage) -> None:
    """The job stood as being ordered until the next start, although nothing was sent; nobody looked at it."""
    submitter = a_submitter(stage, jobs=UnheardBooks(database=stage.database, clock=stage.clock))
    job = await stage.accept()
    await one_round(submitter)
    stage.clock.move(timedelta(minutes=1))
    other = await stage.accept()

    await one_round(submitter)

    assert (await stage.now(job)).state is JobState.UNCONFIRMED
    assert (await stage.now(other)).state is JobState.PROCESSING
    assert await stage.orders_made() == 1


async def test_an_outcome_is_stored_however_often_it_takes(stage: Stage) -> None:
    """It is known nowhere else: PowerPost cannot be asked for an order whose id was lost."""
    books = FailingBooks(database=stage.database, clock=stage.clock)
    books.outcomes_to_lose = 3
    submitter = a_submitter(stage, jobs=books)
    job = await stage.accept()

    async with soon():
        await submitter.step()
        await stage.clock.hurry(submitter.task_pool.idle())

    job = await stage.now(job)
    assert (job.state, books.outcomes_to_lose) == (JobState.PROCESSING, 0)
    assert [made.id for made in stage.powerpost.generations] == [job.generation_id]
    assert stage.alerts.raised == [Alert(AlertKind.OUTCOME_NOT_STORED, job.id)]


class PoisonedBooks(JobStore):
    """The real store, in which one job cannot be moved."""

    poisoned: JobId | None = None
    trouble: Exception = ZeroDivisionError("for a test")
    tries = 0

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        if job_id == self.poisoned:
            self.tries += 1
            raise self.trouble
        return await super().move(job_id, start, end, **changes)


@pytest.mark.parametrize("trouble", [ZeroDivisionError("no"), MemoryError(), DatabaseUnavailable("no")], ids=repr)
async def test_a_job_that_cannot_be_ordered_never_stands_before_others(stage: Stage, trouble: Exception) -> None:
    books = PoisonedBooks(database=stage.database, clock=stage.clock)
    books.poisoned, books.trouble = (await stage.accept("poisoned")).id, trouble
    submitter = a_submitter(stage, jobs=books)
    others = []
    for number in range(10):
        stage.clock.move(timedelta(seconds=1))
        others.append(await stage.accept(f"request {number}"))

    for _ in range(30):
        await one_round(submitter)
        stage.clock.move(timedelta(seconds=1))

    assert {(await stage.now(other)).state for other in others} == {JobState.PROCESSING}
    assert books.tries <= 6


async def test_the_trouble_of_an_account_that_orders_no_more_is_forgotten_in_time(
    stage: Stage, submitter: Submitter
) -> None:
    stage.powerpost.faults.add(GENERATE, AnswerAfter())
    await submitted(stage, submitter)
    await submitter.step()
    assert set(submitter._breakers) == {None}

    stage.clock.move(REMEMBERED_FOR)
    await submitter.step()
    assert submitter._breakers == {}

    await submitted(stage, submitter)
    await submitter.step()
    assert submitter._breakers == {}, "where there was no trouble, nothing is remembered"


async def test_an_answer_that_names_another_jobs_video_is_no_answer(stage: Stage, submitter: Submitter) -> None:
    first = await submitted(stage, submitter)
    nonsense = {"video_generation_id": first.generation_id, "status": "processing", "credits_used": 15}
    stage.powerpost.faults.add(GENERATE, AnswerAfter(Answer(200, nonsense)))

    second = await submitted(stage, submitter)

    assert (second.state, second.generation_id) == (JobState.UNCONFIRMED, None)
    assert (await stage.now(first)).state is JobState.PROCESSING


async def test_the_loop_orders_what_the_wakeup_announces(stage: Stage, submitter: Submitter) -> None:
    running = asyncio.create_task(submitter.run())
    async with soon():
        await stage.wakeup.listening.wait()
    job = await stage.accept()
    stage.wakeup.wake()

    await stage.powerpost.wait_for(lambda: stage.powerpost.generations)
    async with soon():
        await stage.next_wakeup.wait(timedelta(hours=1))

    assert (await stage.now(job)).state is JobState.PROCESSING
    running.cancel()
    await asyncio.wait({running})


@asynccontextmanager
async def unreachable(stage: Stage, session: aiohttp.ClientSession) -> AsyncIterator[OneAccount]:
    """The operator's account behind a port on which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{reserved.getsockname()[1]}/api/v1"
        access: dict[str, Any] = {
            "api_key": stage.account.api_key,
            "workspace_id": stage.account.workspace_id,
            "clock": stage.clock,
        }
        client = PowerPostClient(session=session, base_url=base_url, **access)
        async with Fetcher(reachable=Reachable.of(own=base_url)) as fetcher:
            yield OneAccount(PowerPostAccount(client=client, fetcher=fetcher, clock=stage.clock))


async def test_while_spending_is_stopped_queued_jobs_wait(stage: Stage, submitter: Submitter) -> None:
    job = await stage.accept()
    await switch_of(stage).stop(actor=OPERATOR, reason="for a test")

    await one_round(submitter)
    assert (await stage.now(job)).state is JobState.QUEUED
    assert await stage.orders_made() == 0

    await switch_of(stage).start(actor=OPERATOR, reason="for a test")
    await one_round(submitter)
    assert (await stage.now(job)).state is JobState.PROCESSING


async def test_an_order_that_waits_for_its_turn_is_held_back_too(stage: Stage, submitter: Submitter) -> None:
    """The budget of requests can keep an order waiting for minutes after the loop has chosen it."""
    stage.powerpost.faults.add(GENERATE, TooManyRequests(retry_after=60))
    await submitted(stage, submitter)
    waiting = await stage.accept()
    await submitter.step()
    await stage.clock.next_sleeper()

    await switch_of(stage).stop(actor=OPERATOR, reason="for a test")
    stage.clock.move(timedelta(seconds=120))
    async with soon():
        await submitter.task_pool.idle()

    assert (await stage.now(waiting)).state is JobState.QUEUED
    assert await stage.orders_made() == 1
