"""Turns an unsuccessful answer into the one exception that names it. Pure.

What matters is *sure* (`PowerPostRefusal`: nothing was ordered, the hold may be released) or *unclear*
(`PowerPostUnclear`: perhaps it was), because a video is paid for when it is ordered:

- A 4xx with PowerPost's own error envelope is sure: the application looked at the request and said no. Its code
  decides, then its status. Only 408 stays unclear: it reports a timeout, not a decision.
- A 4xx without the envelope (an HTML page, nothing at all) comes from something in between. It is sure where the status
  by its meaning precedes any work (who are you, where to, too large, too often, wrong method), and unclear otherwise: a
  400, 409 or 422 page may just as well come from after the point of no return. Only PowerPost itself can say that it
  has no such generation, so such a 404 is a plain `PowerPostRefusal`.
- Everything else is unclear, including 5xx and redirects, which are never followed.
"""

from __future__ import annotations

from bot.errors import (
    AccessForbidden,
    AccountEmpty,
    AnswerFacts,
    InsufficientScope,
    InvalidApiKey,
    NotFound,
    PowerPostError,
    PowerPostRefusal,
    RateLimited,
    ServerFault,
    StorageQuotaExceeded,
    UploadTooLarge,
    ValidationRefused,
)

BY_CODE: dict[str, type[PowerPostRefusal]] = {
    "VALIDATION_ERROR": ValidationRefused,
    "INVALID_API_KEY": InvalidApiKey,
    "INSUFFICIENT_CREDITS": AccountEmpty,
    "FORBIDDEN": AccessForbidden,
    "INSUFFICIENT_SCOPE": InsufficientScope,
    "NOT_FOUND": NotFound,
    "FILE_TOO_LARGE": UploadTooLarge,
    "STORAGE_QUOTA_EXCEEDED": StorageQuotaExceeded,
    "RATE_LIMIT_EXCEEDED": RateLimited,
}
"""The documented codes of a 4xx; INTERNAL_ERROR comes with a 500."""

_BY_STATUS: dict[int, type[PowerPostRefusal]] = {
    400: ValidationRefused,
    401: InvalidApiKey,
    402: AccountEmpty,
    403: AccessForbidden,
    404: NotFound,
    413: UploadTooLarge,
    422: ValidationRefused,
    429: RateLimited,
}
_UNSIGNED: dict[int, type[PowerPostRefusal]] = {
    401: InvalidApiKey,
    403: AccessForbidden,
    413: UploadTooLarge,
    429: RateLimited,
} | dict.fromkeys((404, 405, 407, 411, 414, 415, 417, 421, 426, 431), PowerPostRefusal)
_REQUEST_TIMEOUT = 408


def fault(facts: AnswerFacts, *, signed: bool) -> PowerPostError:
    """The exception for an answer with `facts`; `signed`: it had PowerPost's error envelope."""
    status = facts.status or 0
    if not 400 <= status < 500 or status == _REQUEST_TIMEOUT:
        return ServerFault(facts)
    if not signed:
        return _UNSIGNED.get(status, ServerFault)(facts)
    return (BY_CODE.get(facts.code or "") or _BY_STATUS.get(status, PowerPostRefusal))(facts)
