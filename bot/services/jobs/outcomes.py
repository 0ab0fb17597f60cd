"""Stores the outcome of each order in the database, however long that takes: nobody else knows it.

PowerPost cannot be asked about an order whose id was lost. So the outcome is first written to a small file; storing it
is retried whatever goes wrong; and the next start attaches what this process could not store.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import Any

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.domain.job import Job, JobState
from bot.domain.outcome import Outcome
from bot.errors import GenerationTaken
from bot.services.alerts import Alerts
from bot.services.ports import Jobs, OutcomeLog

_log = logging.getLogger(__name__)

STORE_AGAIN_AFTER = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=10)


class Outcomes:
    """Attaches outcomes to their jobs; `log` is the file that remembers them until the database does."""

    def __init__(self, *, jobs: Jobs, log: OutcomeLog, alerts: Alerts, clock: Clock) -> None:
        self._jobs = jobs
        self._file = log
        self._alerts = alerts
        self._clock = clock
        self._left: list[Outcome] = []

    async def store(self, outcome: Outcome, *, leaving: asyncio.Event) -> None:
        """Return once the outcome is in the database or, while the process is stopping, at least in the file."""
        is_kept = await self._keep(outcome)
        pause = STORE_AGAIN_AFTER
        while not await self._try(outcome):
            if is_kept and leaving.is_set():
                _log.error("Outcome left to the next start", extra={"action": "store_at_next_start", **_facts(outcome)})
                self._left.append(outcome)
                return
            await self._wait(pause, leaving if is_kept else None)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def store_left(self) -> None:
        """Try once more to store what was left to the next start, which may be on a machine without the file.

        Another bot may be using the database by now; that does no harm.
        """
        while self._left and await self._try(self._left[0]):
            self._left.pop(0)

    async def recover(self) -> None:
        """Attach what an earlier process could not store. On a database error, raises it and keeps the file."""
        for outcome in await self._file.read():
            job = await self._jobs.get(outcome.job_id)
            if job is None or not outcome.is_of(job):
                self._tell_if_homeless(outcome, job)
            else:
                await self._attach(outcome)
                _log.warning("An outcome was found in the file", extra={"action": "recover", **_facts(outcome)})
            await self._forget(outcome)
        self._left.clear()

    async def _try(self, outcome: Outcome) -> bool:
        try:
            await self._attach(outcome)
        except Exception as error:  # noqa: BLE001  whatever it is: what was paid for must not be forgotten
            self._alerts.raise_alert(Alert(AlertKind.OUTCOME_NOT_STORED, outcome.job_id))
            facts = {"action": "store_again", "error": _reason(error), **_facts(outcome)}
            _log.error("Outcome not stored yet", extra=facts)
            return False
        await self._forget(outcome)
        return True

    async def _attach(self, outcome: Outcome) -> None:
        try:
            moved = await self._move(outcome)
        except GenerationTaken:
            facts = {"action": "order_unconfirmed", **_facts(outcome)}
            _log.error("PowerPost named another job's video", extra=facts)
            await self._jobs.move(outcome.job_id, JobState.SUBMITTING, JobState.UNCONFIRMED)  # else it is unconfirmed
            return
        if moved is None:
            self._tell_if_homeless(outcome, await self._jobs.get(outcome.job_id))

    async def _move(self, outcome: Outcome) -> Job | None:
        """The moved job; None when it was neither being ordered nor unconfirmed."""
        moved = await self._jobs.move(outcome.job_id, JobState.SUBMITTING, outcome.end, **outcome.changes)
        if moved is None and outcome.from_unconfirmed is not None:
            end, changes = outcome.from_unconfirmed
            moved = await self._jobs.move(outcome.job_id, JobState.UNCONFIRMED, end, **changes)
        return moved

    def _tell_if_homeless(self, outcome: Outcome, job: Job | None) -> None:
        """A video that PowerPost makes and charges for, after its job has ended without it, needs a person."""
        if outcome.generation_id is None or (job is not None and outcome.is_in(job)):
            return
        self._alerts.raise_alert(Alert(AlertKind.ANSWER_TOO_LATE, f"{outcome.job_id} (video {outcome.generation_id})"))
        _log.error("Order answered too late", extra={"action": "answer_too_late", **_facts(outcome)})

    async def _keep(self, outcome: Outcome) -> bool:
        try:
            await self._file.keep(outcome)
        except Exception:  # noqa: BLE001  the database may still take it
            _log.exception("Outcome not in the file", extra={"action": "keep_outcome", **_facts(outcome)})
            return False
        return True

    async def _forget(self, outcome: Outcome) -> None:
        try:
            await self._file.remove(outcome.job_id)
        except Exception:  # noqa: BLE001  it does no harm there: the database has the outcome, and is asked first
            _log.exception("Outcome stays in the file", extra={"action": "remove_outcome", **_facts(outcome)})

    async def _wait(self, pause: timedelta, leaving: asyncio.Event | None) -> None:
        """Wait for the pause, or until the process is to stop."""
        waits: set[asyncio.Task[Any]] = {asyncio.create_task(self._clock.sleep(pause))}
        if leaving is not None:
            waits.add(asyncio.create_task(leaving.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)


def _reason(error: Exception) -> str:
    """The first line of what the database said: the rest is our own statement."""
    said = str(error.__cause__ or error).partition("\n")[0]
    return f"{type(error).__name__}: {said}"


def _facts(outcome: Outcome) -> dict[str, object]:
    return {"job": outcome.job_id, "end": outcome.end, "generation": outcome.generation_id}
