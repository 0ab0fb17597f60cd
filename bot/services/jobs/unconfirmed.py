"""Settles the orders that PowerPost never answered: by what the account's balance proves, otherwise after a day.

Nothing is ever ordered again. The operator is alerted to each at once and can settle it at any time (`videobot jobs
resolve`). Where the balance proves that nothing was charged, the guild gets its credits back within minutes. Where it
proves a charge, or nothing, the order stays open for a person; after a day the guild gets its credits back anyway, and
the possible cost is written off.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.domain.charges import CHARGED_WITHIN, order_of
from bot.domain.evidence import Observation, Verdict, verdict_on
from bot.domain.identifiers import JobId
from bot.domain.job import Failure, Job, JobState
from bot.domain.patience import Reason
from bot.domain.pricing import Price, PriceKey
from bot.errors import PowerPostError
from bot.services.accounts.watched import WatchedAccount
from bot.services.alerts import Alerts
from bot.services.loops.patience import Patience, Waits
from bot.services.loops.retries import Retries
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Jobs, Ledger, Observations

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(minutes=1)
ASK_EVERY = timedelta(minutes=2)
GIVEN_BACK_AFTER = timedelta(hours=24)
"""How long the bot must have watched an unanswered order, which the operator could settle meanwhile."""

BALANCE = "the account's balance"


class Unconfirmed:
    """One loop over the unconfirmed orders; `moved` is woken when one is settled.

    `is_ours_alone`: whether only this bot spends the operator's credits; otherwise the balance proves nothing.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        ledger: Ledger,
        observations: Observations,
        account: WatchedAccount,
        waits: Waits,
        is_ours_alone: bool,
        alerts: Alerts,
        clock: Clock,
        wakeup: Wakeup,
        moved: tuple[Wakeup, ...],
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._observations = observations
        self._account = account
        self._is_ours_alone = is_ours_alone
        self._alerts = alerts
        self._clock = clock
        self._wakeup = wakeup
        self._moved = moved
        self._patience = Patience(waits=waits, reason=Reason.UNCONFIRMED, enough=GIVEN_BACK_AFTER, clock=clock)
        self._retries = Retries[str](clock, alerts=alerts, first=timedelta(minutes=1), longest=timedelta(minutes=10))
        self._proven_charged: set[JobId] = set()
        self._ask_again_at = float("-inf")

    async def run(self) -> None:
        while True:
            await self.step()
            await self._wakeup.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Alert the operator to new ones, settle those that can be, and refund those that have waited for a day."""
        await self.remember()
        waiting = await self._jobs.in_states(JobState.UNCONFIRMED)
        await self._patience.watch([job.id for job in waiting])
        self._proven_charged &= {job.id for job in waiting}
        for job in waiting:
            self._alerts.raise_alert(Alert(AlertKind.ORDER_UNCONFIRMED, job.id))
        doubtful = [job for job in waiting if job.link_id is None and job.id not in self._proven_charged]
        if self._is_ours_alone and doubtful and self._retries.is_due(BALANCE):
            with self._retries.trying(BALANCE):
                await self._ask_and_judge([job for job in doubtful if self._patience.span(job.id) > CHARGED_WITHIN])
        for job in waiting:
            if self._retries.is_due(job.id):
                with self._retries.trying(job.id):
                    await self._wait_on(job)

    async def _ask_and_judge(self, settled_down: Sequence[Job]) -> None:
        """Judge orders that we have watched for long enough; a clock that jumps makes none of them older."""
        if settled_down:
            await self._ask()
            await self._judge(settled_down)

    async def _wait_on(self, job: Job) -> None:
        if await self._patience.see(job.id):
            await self._write_off(job)

    async def remember(self) -> None:
        """Store the balances from the account's answers since the last time."""
        if noted := self._account.take_observations():
            await self._observations.remember(noted)

    async def _ask(self) -> None:
        """One more observation."""
        now = self._clock.monotonic()
        if now < self._ask_again_at:
            return
        self._ask_again_at = now + ASK_EVERY.total_seconds()
        try:
            await self._account.credits()
        except PowerPostError as error:
            _log.info("Balance unknown", extra={"action": "ask_balance", "error": type(error).__name__})
        await self.remember()

    async def _judge(self, doubtful: Sequence[Job]) -> None:
        observations = await self._observations.all()
        if not observations:
            return
        jobs = await self._observations.orders_since(observations[0].asked_at)
        learned = await self._ledger.learned_prices()
        verdicts = await asyncio.to_thread(_verdicts, doubtful, jobs, learned, observations)
        for job in doubtful:
            if verdicts.get(job.id) is Verdict.NOT_CHARGED:
                await self._end(job, Failure.NOT_TAKEN)
            elif verdicts.get(job.id) is Verdict.CHARGED:
                self._proven_charged.add(job.id)
                self._alerts.raise_alert(Alert(AlertKind.ORDER_CHARGED, job.id))

    async def _write_off(self, job: Job) -> None:
        if await self._end(job, Failure.NEVER_CONFIRMED):
            self._alerts.raise_alert(Alert(AlertKind.ORDER_WRITTEN_OFF, job.id))

    async def _end(self, job: Job, failure: Failure) -> bool:
        moved = await self._jobs.move(job.id, JobState.UNCONFIRMED, JobState.FAILED, failure=failure)
        if moved is None:
            return False
        _log.info("Unconfirmed order settled", extra={"action": "settle", "job": job.id, "failure": failure})
        for wakeup in self._moved:
            wakeup.wake()
        return True


def _verdicts(
    doubtful: Sequence[Job],
    jobs: Sequence[Job],
    learned: Mapping[PriceKey, Price],
    observations: Sequence[Observation],
) -> dict[JobId, Verdict]:
    orders = {order.job_id: order for job in jobs if (order := order_of(job, learned)) is not None}
    judged = {job.id: verdict_on(orders[job.id], orders.values(), observations) for job in doubtful if job.id in orders}
    return {job_id: verdict for job_id, verdict in judged.items() if verdict is not None}
