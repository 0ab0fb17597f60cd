"""outcomes.jsonl: on disk when `keep` returns, readable by another process, and never longer than needed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.identifiers import Credits, JobId
from bot.domain.job import Failure, JobChanges, JobState
from bot.domain.outcome import Outcome
from storage.outcome_file import MOST_STALE_LINES, OutcomeFile

AT = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outcomes.jsonl"


def an_outcome(job: str = "one", end: JobState = JobState.PROCESSING) -> Outcome:
    changes = JobChanges(generation_id=f"video of {job}", submitted_at=AT, credits_used=Credits(15))
    return Outcome(JobId(job), AT, end, changes)


def text_of(path: Path) -> str:
    return path.read_text()


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


OUTCOMES = [
    an_outcome(),
    Outcome(JobId("one"), AT, JobState.FAILED, JobChanges(failure=Failure.ACCOUNT_EMPTY, request_id="req")),
    Outcome(JobId("one"), AT, JobState.QUEUED, JobChanges(not_before=AT)),
    Outcome(JobId("one"), None, JobState.UNCONFIRMED, JobChanges()),
]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.end)
async def test_what_was_kept_is_read_by_the_next_process(path: Path, outcome: Outcome) -> None:
    await OutcomeFile(path).keep(outcome)

    assert await OutcomeFile(path).read() == [outcome]
    assert mode_of(path) == 0o600


async def test_it_is_on_the_disk_when_keep_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda file: flushed.append(Path(f"/proc/self/fd/{file}").resolve().read_text()))

    await OutcomeFile(path).keep(an_outcome())

    assert "video of one" in flushed[-1]


async def test_powerposts_words_are_not_kept(path: Path) -> None:
    """They may quote the prompt, and erasing does not look at this file."""
    changes = JobChanges(failure=Failure.REQUEST_REFUSED, failure_detail="No cats: a secret cat")
    await OutcomeFile(path).keep(Outcome(JobId("one"), AT, JobState.FAILED, changes))

    assert "secret" not in text_of(path)
    [read] = await OutcomeFile(path).read()
    assert read.changes == JobChanges(failure=Failure.REQUEST_REFUSED)


async def test_what_is_stored_is_not_read_again_and_nothing_stays(path: Path) -> None:
    file = OutcomeFile(path)
    await file.keep(an_outcome("one"))
    await file.keep(an_outcome("two"))
    await file.remove(JobId("one"))
    await file.remove(JobId("two"))

    assert text_of(path) == ""
    assert await OutcomeFile(path).read() == []


async def test_the_newest_outcome_of_a_job_counts(path: Path) -> None:
    file = OutcomeFile(path)
    await file.keep(an_outcome(end=JobState.QUEUED))
    await file.keep(an_outcome(end=JobState.PROCESSING))

    [read] = await OutcomeFile(path).read()
    assert read.end is JobState.PROCESSING


async def test_one_that_is_never_stored_does_not_let_the_file_grow(path: Path) -> None:
    file = OutcomeFile(path)
    await file.keep(an_outcome("stuck"))
    for number in range(MOST_STALE_LINES + 100):
        await file.keep(an_outcome(str(number)))
        await file.remove(JobId(str(number)))

    assert len(text_of(path).split()) < MOST_STALE_LINES + 110
    assert (await OutcomeFile(path).read())[0].job_id == "stuck"


@pytest.mark.parametrize("left", [b'{"job": "two", "ordered', b"\x00\xff\x00", b'{"job": 1}'])
async def test_a_line_that_was_cut_off_costs_no_other_line(path: Path, left: bytes) -> None:
    file = OutcomeFile(path)
    await file.keep(an_outcome("one"))
    with path.open("ab") as cut_off:
        cut_off.write(left)
    await file.keep(an_outcome("three"))

    assert [outcome.job_id for outcome in await OutcomeFile(path).read()] == ["one", "three"]


async def test_what_the_file_knows_is_read_from_a_full_disk_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer to a paid order could not be attached for as long as the disk was full."""
    await OutcomeFile(path).keep(an_outcome())
    before = text_of(path)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    file = OutcomeFile(path)

    assert await file.read() == [an_outcome()]
    assert text_of(path) == before
    await file.remove(JobId("one"))
    assert text_of(path) == ""


async def test_a_folder_that_cannot_be_written_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await OutcomeFile(tmp_path / "missing" / "outcomes.jsonl").keep(an_outcome())
