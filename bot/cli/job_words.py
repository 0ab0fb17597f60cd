"""Jobs as the operator reads them: in a table, in full, or as JSON. Pure.

Prompts appear only when one job is shown in full: the operator finds its video in PowerPost's dashboard by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum

from bot.domain.guild_names import GuildNames, named
from bot.domain.identifiers import GuildId
from bot.domain.job import Job
from bot.domain.ledger import WriteOff
from bot.terminal import shown

Names = Mapping[GuildId, GuildNames]

HEAD = ("JOB", "STATE", "FOR", "ASKED", "REQUESTER", "SERVER", "CREDITS", "VIDEO", "WHY")
_IDS = frozenset({"guild_id", "channel_id", "requester_id", "interaction_id", "message_id"})
_SECRET = frozenset({"video_url"})
"""A signed link: anybody who has it can watch the video."""


def in_lines(jobs: Sequence[Job], names: Names, now: datetime) -> list[str]:
    """A table of the jobs, or a sentence when there are none."""
    if not jobs:
        return ["No such jobs."]
    rows = [HEAD, *(_row(job, names, now) for job in jobs)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [line.rstrip() for line in lines]


def written_off(losses: Iterable[WriteOff]) -> list[str]:
    """One line about the orders that were written off, if any."""
    amounts = [loss.amount for loss in losses]
    if not amounts:
        return []
    orders = "1 unconfirmed order was" if len(amounts) == 1 else f"{len(amounts):,} unconfirmed orders were"
    return [f"{orders} written off: PowerPost may have charged {sum(amounts):,} credits."]


def in_detail(job: Job, names: Names) -> str:
    """Every fact about a job, one per line."""
    facts = facts_of(job, names, in_full=True)
    width = max(map(len, facts))
    return "\n".join(f"{name.ljust(width)}  {shown(value)}" for name, value in facts.items() if value is not None)


def facts_of(job: Job, names: Names, *, in_full: bool = False) -> dict[str, object]:
    """The job as plain values: Discord ids as text, times in ISO 8601."""
    own = [field.name for field in fields(Job) if field.name not in {"spec"} | _SECRET]
    facts = {name: _plain(name, getattr(job, name)) for name in own}
    place = names.get(job.guild_id)
    facts["guild_name"] = None if place is None else place.name
    facts["channel_name"] = None if place is None else place.channels.get(job.channel_id)
    request = job.spec
    facts |= {"model": request.model.id, "duration": request.duration, "size": request.size.value}
    facts |= {"audio": request.audio, "enhance": request.enhance}
    return facts | {"prompt": request.prompt} if in_full else facts


def _plain(name: str, value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if name in _IDS and value is not None else value


def _row(job: Job, names: Names, now: datetime) -> tuple[str, ...]:
    place, video = names.get(job.guild_id), f"{job.spec.model.id} {job.spec.duration} s"
    cells = (
        job.id,
        job.state,
        _age(job, now),
        f"{job.created_at:%Y-%m-%d %H:%M}",
        str(job.requester_id),
        named(job.guild_id, None if place is None else place.name),
        f"{job.price:,}",
        video,
        job.failure or "",
    )
    return tuple(map(shown, cells))


def _age(job: Job, now: datetime) -> str:
    """How long the job has been in its state, in its largest whole unit."""
    seconds = max(int((now - job.state_at).total_seconds()), 0)
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
