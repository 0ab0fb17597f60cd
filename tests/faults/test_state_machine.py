"""Jobs and ledger under any order of events that Hypothesis invents; after each step the ledger must be sound.

Requests, moves (allowed, repeated, late, raced), grants, revocations, learned prices and restarts come in any order.
`--machine-runs N` plays N runs of up to 50 steps on each database.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import Credits, JobId
from bot.domain.job import MOVES, Job, JobChanges, JobState
from bot.domain.ledger import Pool
from bot.domain.outcome import Outcome
from bot.errors import InsufficientCredits, NothingLeftToRevoke
from bot.services.jobs.outcomes import Outcomes
from bot.services.jobs.recover import recover
from storage.bookkeeping.snapshot import LedgerSnapshot, WalletKey, read_snapshot
from storage.bookkeeping.verification import problems
from storage.database.engine import Database
from tests.databases import Databases
from tests.faults.model import Model, ModelJob
from tests.services.stage import KeptAlerts
from tests.storage.stage import GUILD, Stage, a_stage

pytestmark = pytest.mark.faults

STEPS = 50
AMOUNTS = st.integers(min_value=1, max_value=60)
PRICES = st.integers(min_value=0, max_value=60)
STATES = st.sampled_from(JobState)

Result = TypeVar("Result")


def test_the_books_are_sound_after_any_order_of_events(
    databases: Databases, fault_seed: int, request: pytest.FixtureRequest
) -> None:
    print(f"--fault-seed {fault_seed}")  # noqa: T201  pytest shows it with a failure
    with asyncio.Runner() as runner:
        loop = runner.get_loop()

        @seed(fault_seed)
        class Machine(JobsAndLedger):
            def __init__(self) -> None:
                super().__init__(loop, databases)

        run_state_machine_as_test(
            Machine,
            settings=settings(
                max_examples=request.config.getoption("--machine-runs"),
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


class NothingKnown:
    """Fits `ports.OutcomeLog`: what the previous process knew of its orders died with it."""

    async def read(self) -> list[Outcome]:
        return []

    async def keep(self, outcome: Outcome) -> None:
        raise NotImplementedError

    async def remove(self, job_id: JobId) -> None:
        raise NotImplementedError


class JobsAndLedger(RuleBasedStateMachine):
    """One server's jobs and credits, with two processes: `mine` acts, `other` races it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, databases: Databases) -> None:
        super().__init__()
        self._loop = loop
        self._databases = databases
        self._url = self._do(databases.migrated())
        self._mine, self._other = self._opened(), self._opened()
        self._numbers = itertools.count()
        self.model = Model()
        self._grant(1)

    def teardown(self) -> None:
        self._do(self._mine.database.close())
        self._do(self._other.database.close())
        self._do(self._databases.give_back(self._url))

    @rule(amount=AMOUNTS)
    def grant(self, amount: int) -> None:
        self._grant(amount)

    @rule(amount=AMOUNTS)
    def revoke(self, amount: int) -> None:
        revoking = self._mine.ledger.revoke(GUILD, Credits(amount), actor=OPERATOR, reason="a test")
        if amount <= self.model.available:
            self._do(revoking)
            self.model.revoked += amount
            return
        with pytest.raises(NothingLeftToRevoke):
            self._do(revoking)

    @rule(held=PRICES)
    def request(self, held: int) -> None:
        if held <= self.model.available:
            self._remember(self._do(self._mine.accept(held)), held)
            return
        with pytest.raises(InsufficientCredits):
            self._do(self._mine.accept(held))

    @rule(held=AMOUNTS, requests=st.integers(min_value=2, max_value=4))
    def requests_race_for_the_last_credits(self, held: int, requests: int) -> None:
        affordable = max(0, min(requests, self.model.available // held))
        stages = itertools.cycle([self._mine, self._other])
        outcomes = self._do(_all(*(next(stages).accept(held) for _ in range(requests))))
        accepted = [outcome for outcome in outcomes if isinstance(outcome, Job)]
        assert all(isinstance(outcome, Job | InsufficientCredits) for outcome in outcomes)
        assert len(accepted) == affordable
        for job in accepted:
            self._remember(job, held)

    @precondition(lambda self: self._open_jobs())
    @rule(data=st.data(), used=st.none() | PRICES)
    def move(self, data: st.DataObject, used: int | None) -> None:
        job_id = data.draw(st.sampled_from(self._open_jobs()))
        start = self.model.jobs[job_id].state
        end = data.draw(st.sampled_from(sorted(MOVES[start])))
        assert self._do(self._mine.jobs.move(job_id, start, end, **self._changes(end, used))) is not None
        self._moved(job_id, end, used)

    @precondition(lambda self: self.model.jobs)
    @rule(data=st.data(), start=STATES, end=STATES)
    def move_late_or_again(self, data: st.DataObject, start: JobState, end: JobState) -> None:
        job_id = data.draw(st.sampled_from(list(self.model.jobs)))
        if start is self.model.jobs[job_id].state and end in MOVES[start]:
            return
        moving = self._mine.jobs.move(job_id, start, end, **self._changes(end, used=7))
        if end in MOVES[start]:
            assert self._do(moving) is None
            return
        with pytest.raises(ValueError, match="cannot move"):
            self._do(moving)

    @precondition(lambda self: self._open_jobs())
    @rule(data=st.data(), used=st.none() | PRICES)
    def two_race_for_a_move(self, data: st.DataObject, used: int | None) -> None:
        job_id = data.draw(st.sampled_from(self._open_jobs()))
        start = self.model.jobs[job_id].state
        end = data.draw(st.sampled_from(sorted(MOVES[start])))  # the same for both: Hypothesis repeats what it drew
        moves = [stage.jobs.move(job_id, start, end, **self._changes(end, used)) for stage in (self._mine, self._other)]
        [winner] = [outcome for outcome in self._do(_all(*moves)) if outcome is not None]
        assert isinstance(winner, Job)
        self._moved(job_id, end, used)

    @precondition(lambda self: self._open_jobs())
    @rule(data=st.data(), used=PRICES)
    def learn_price(self, data: st.DataObject, used: int) -> None:
        job_id = data.draw(st.sampled_from(self._open_jobs()))
        self._do(self._mine.jobs.note(job_id, credits_used=Credits(used)))
        self.model.jobs[job_id].used = used

    @rule()
    def restart(self) -> None:
        self._do(self._mine.database.close())
        self._mine = self._opened()
        outcomes = Outcomes(jobs=self._mine.jobs, log=NothingKnown(), alerts=KeptAlerts(), clock=self._mine.clock)
        self._do(recover(self._mine.jobs, outcomes))
        self.model.recover()

    @invariant()
    def books_are_sound_and_as_expected(self) -> None:
        """What `ledger verify` checks, the wallet's every sum, and every job's state."""
        books = self._do(_read(self._other.database))
        assert problems(books) == []
        assert books.wallets == {WalletKey(GUILD, Pool.GRANTED): self.model.balance}
        assert {job.id: job.state for job in books.jobs.values()} == self.model.states

    def _do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._loop.run_until_complete(work)

    def _opened(self) -> Stage:
        return a_stage(Database(self._url))

    def _grant(self, amount: int) -> None:
        self._do(self._mine.grant(amount))
        self.model.granted += amount

    def _remember(self, job: Job, held: int) -> None:
        self.model.jobs[job.id] = ModelJob(JobState.QUEUED, held)

    def _moved(self, job_id: JobId, end: JobState, used: int | None) -> None:
        self.model.jobs[job_id].state = end
        if end is JobState.PROCESSING and used is not None:
            self.model.jobs[job_id].used = used

    def _open_jobs(self) -> list[JobId]:
        return [job_id for job_id, job in self.model.jobs.items() if not job.state.is_final]

    def _changes(self, end: JobState, used: int | None) -> JobChanges:
        """PowerPost sends the price with the id, or leaves it out."""
        if end is not JobState.PROCESSING:
            return JobChanges()
        changes = JobChanges(generation_id=f"generation {next(self._numbers)}")
        return changes if used is None else changes | JobChanges(credits_used=Credits(used))


async def _read(database: Database) -> LedgerSnapshot:
    async with database.reader() as transaction:
        return await read_snapshot(transaction)


async def _all(*work: Coroutine[Any, Any, object]) -> list[object]:
    """The outcomes, errors among them."""
    return list(await asyncio.gather(*work, return_exceptions=True))
