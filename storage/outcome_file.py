"""A small file with the outcomes of orders that the database does not have yet: ids, prices and times, no prompts.

Each is one line of JSON that is on disk when `keep` returns. Once all of them are stored, the file is emptied.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ValidationError

from bot.domain.identifiers import Credits, JobId
from bot.domain.job import Failure, JobChanges, JobState
from bot.domain.outcome import Outcome

_log = logging.getLogger(__name__)

FILE_NAME = "outcomes.jsonl"
MOST_STALE_LINES = 200


class _Changes(BaseModel):
    """The part of `JobChanges` that an outcome needs. PowerPost's words are left out: they may quote a prompt."""

    generation_id: str | None = None
    credits_used: Credits | None = None
    submitted_at: AwareDatetime | None = None
    not_before: AwareDatetime | None = None
    failure: Failure | None = None
    request_id: str | None = None


class _Line(BaseModel):
    """One line of the file."""

    job: JobId
    ordered_at: AwareDatetime | None = None
    end: JobState
    changes: _Changes


class OutcomeFile:
    """Fits `bot.services.ports.OutcomeLog`. One process uses the file at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[JobId, Outcome] = {}
        self._lines = 0
        self._turn = threading.Lock()

    async def read(self) -> list[Outcome]:
        """See the port."""
        return await asyncio.to_thread(self._read)

    async def keep(self, outcome: Outcome) -> None:
        """See the port."""
        await asyncio.to_thread(self._keep, outcome)

    async def remove(self, job_id: JobId) -> None:
        """See the port."""
        await asyncio.to_thread(self._remove, job_id)

    def _read(self) -> list[Outcome]:
        with self._turn:
            lines = self._path.read_bytes().splitlines() if self._path.exists() else []
            read = [outcome for line in lines if line and (outcome := _outcome(line)) is not None]
            self._kept = {outcome.job_id: outcome for outcome in read}
            self._lines = len(lines)
            if not self._kept:
                self._rewrite()
            return list(self._kept.values())

    def _keep(self, outcome: Outcome) -> None:
        with self._turn:
            self._kept[outcome.job_id] = outcome
            _append(self._path, b"\n" + _line(outcome))  # a line that a full disk cut off ends here
            self._lines += 1

    def _remove(self, job_id: JobId) -> None:
        with self._turn:
            self._kept.pop(job_id, None)
            if not self._kept or self._lines > MOST_STALE_LINES + len(self._kept):
                self._rewrite()

    def _rewrite(self) -> None:
        """Leave only what is still to be stored, in one step, so that nobody ever reads half a file."""
        self._lines = len(self._kept)
        if not self._kept and self._path.exists():
            os.truncate(self._path, 0)
            return
        new = self._path.with_name(f"{self._path.name}.new")
        new.unlink(missing_ok=True)
        _append(new, b"".join(map(_line, self._kept.values())))
        new.replace(self._path)
        _flush_folder(self._path.parent)


def _append(path: Path, data: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)


def _flush_folder(folder: Path) -> None:
    """Make the file's name survive a power cut too. Windows cannot do this and does not need it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _line(outcome: Outcome) -> bytes:
    changes = _Changes.model_validate(dict(outcome.changes))
    line = _Line(job=outcome.job_id, ordered_at=outcome.ordered_at, end=outcome.end, changes=changes)
    return line.model_dump_json(exclude_none=True).encode() + b"\n"


def _outcome(data: bytes) -> Outcome | None:
    """None for a line that was cut off; its order stays unconfirmed."""
    try:
        line = _Line.model_validate_json(data)
    except ValidationError:
        _log.error("A line in outcomes.jsonl cannot be read", extra={"action": "read_outcomes"})
        return None
    changes = JobChanges(**{name: value for name, value in line.changes if value is not None})  # type: ignore[typeddict-item]  # the model has the same names and types
    return Outcome(line.job, line.ordered_at, line.end, changes)
