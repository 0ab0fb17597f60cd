"""Which failure of a job each definite PowerPost error means."""

from __future__ import annotations

from bot.domain.job import Failure, JobChanges
from bot.errors import (
    AccessForbidden,
    AccountEmpty,
    InsufficientScope,
    InvalidApiKey,
    PowerPostError,
    PowerPostUnreachable,
    StorageQuotaExceeded,
    UploadTooLarge,
)

FAILURE_OF_ERROR: dict[type[PowerPostError], Failure] = {
    AccountEmpty: Failure.ACCOUNT_EMPTY,
    InvalidApiKey: Failure.KEY_REFUSED,
    AccessForbidden: Failure.KEY_REFUSED,
    InsufficientScope: Failure.KEY_REFUSED,
    StorageQuotaExceeded: Failure.STORAGE_FULL,
    UploadTooLarge: Failure.IMAGE_REFUSED,
    PowerPostUnreachable: Failure.UNREACHABLE,
}


def failure_of(error: PowerPostError, otherwise: Failure) -> JobChanges:
    """What to record when an error ends a job; `otherwise` is the failure for errors without their own."""
    changes = JobChanges(failure=FAILURE_OF_ERROR.get(type(error), otherwise), failure_detail=str(error))
    if error.facts.request_id is not None:
        changes["request_id"] = error.facts.request_id
    return changes
