"""A job as a row and as a record. Columns are named like the fields of `Job` and of its `VideoSpec`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from sqlalchemy import RowMapping, func

from bot.domain.catalogue import VideoModel, find_model
from bot.domain.identifiers import RoleId
from bot.domain.job import Job
from bot.domain.request import VideoSpec
from bot.errors import InvalidRequest
from storage.tables import jobs

_OWN_FIELDS = tuple(field.name for field in fields(Job) if field.name != "spec")
_REQUEST_FIELDS = tuple(field.name for field in fields(VideoSpec))

PRICE: Final = func.coalesce(jobs.c.credits_used, jobs.c.credits_held)
"""`Job.price`, for queries."""


def job_of(row: RowMapping) -> Job:
    """The record of a row that holds every column of `jobs`."""
    request = {name: row[name] for name in _REQUEST_FIELDS}
    spec = VideoSpec(**{**request, "model": _model(row)})
    return Job(spec=spec, **{name: row[name] for name in _OWN_FIELDS})


def row_of(job: Job) -> dict[str, Any]:
    """The values of a job's row."""
    own = {name: getattr(job, name) for name in _OWN_FIELDS}
    request = {name: getattr(job.spec, name) for name in _REQUEST_FIELDS}
    return {**own, **request, "model": job.spec.model.id}


def roles_text(role_ids: Iterable[RoleId]) -> str:
    """Roles as they are stored: the same text for the same roles, so that the database can group by it."""
    return json.dumps(sorted(role_ids))


def roles_of(stored: str | None) -> list[RoleId]:
    """The roles in a text from `roles_text`; none once they were erased."""
    return [] if stored is None else [RoleId(role_id) for role_id in json.loads(stored)]


def _model(row: RowMapping) -> VideoModel:
    """The model from the catalogue, or a stand-in if it was withdrawn, so that old jobs can still be shown."""
    try:
        return find_model(row["model"])
    except InvalidRequest:
        return VideoModel(
            id=row["model"],
            name=row["model"],
            durations=(row["duration"],),
            has_audio=row["audio"],
            prompt_limit=len(row["prompt"]),
        )
