"""The refusals of the PowerPost API: one class per code, each with its HTTP status.

Refusal
├── ValidationRefused        400 VALIDATION_ERROR
├── KeyRefused               401 INVALID_API_KEY
├── CreditsRefused           402 INSUFFICIENT_CREDITS
├── WorkspaceRefused         403 FORBIDDEN
├── ScopeRefused             403 INSUFFICIENT_SCOPE
├── NotFound                 404 NOT_FOUND
├── FileTooLarge             413 FILE_TOO_LARGE
└── RateLimited              429 RATE_LIMIT_EXCEEDED
"""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Answered with the documented error envelope."""

    status: ClassVar[int]
    code: ClassVar[str]

    def envelope(self) -> dict[str, Any]:
        """The JSON body: `{"error": {"message", "code"}}`."""
        return error_envelope(self.code, str(self))


class ValidationRefused(Refusal):
    """The request breaks a documented rule; the message says which."""

    status = 400
    code = "VALIDATION_ERROR"


class KeyRefused(Refusal):
    """No API key, or an unknown one."""

    status = 401
    code = "INVALID_API_KEY"


class CreditsRefused(Refusal):
    """The account cannot pay for the order."""

    status = 402
    code = "INSUFFICIENT_CREDITS"


class WorkspaceRefused(Refusal):
    """The workspace belongs to another account."""

    status = 403
    code = "FORBIDDEN"


class ScopeRefused(Refusal):
    """The key lacks the scope that the message names."""

    status = 403
    code = "INSUFFICIENT_SCOPE"


class NotFound(Refusal):
    """There is no such thing in this workspace."""

    status = 404
    code = "NOT_FOUND"


class FileTooLarge(Refusal):
    """The upload is larger than its type allows."""

    status = 413
    code = "FILE_TOO_LARGE"


class RateLimited(Refusal):
    """The account's window is used up and ends in `retryAfter` seconds."""

    status = 429
    code = "RATE_LIMIT_EXCEEDED"

    def __init__(self, retry_after: int) -> None:
        super().__init__("Rate limit exceeded. Please try again later.")
        self.retry_after = retry_after

    def envelope(self) -> dict[str, Any]:
        """The envelope with `retryAfter` next to the error."""
        return super().envelope() | {"retryAfter": self.retry_after}


def error_envelope(code: str, message: str) -> dict[str, Any]:
    """The body of every refusal."""
    return {"error": {"message": message, "code": code}}
