"""Who may do what: API key, rate limit, scope and workspace, in this order.

https://powerpost.ai/docs/api ("Authentication").
"""

from __future__ import annotations

from aiohttp import web

from sandbox.powerpost.accounts import Account, Scope
from sandbox.powerpost.errors import KeyRefused, ScopeRefused, ValidationRefused, WorkspaceRefused
from sandbox.powerpost.ledger import Ledger
from sandbox.powerpost.orders import is_uuid
from sandbox.powerpost.rate_limit import RateLimiter

BEARER = "bearer "


class Access:
    """Checks every API request."""

    def __init__(self, *, ledger: Ledger, limiter: RateLimiter) -> None:
        self._ledger = ledger
        self._limiter = limiter

    def owner(self, request: web.BaseRequest) -> Account | None:
        """The owner of the request's key; does not count the request."""
        return self._ledger.account_with_key(api_key_of(request))

    def enter(self, request: web.BaseRequest, scope: Scope) -> Account:
        """The account that the request is for; counts the request against its limit.

        Raises `KeyRefused`, `RateLimited` or `ScopeRefused`.
        """
        account = self.owner(request)
        if account is None:
            raise KeyRefused("Invalid or missing API key")
        self._limiter.spend(account.id, account.rate_limit)
        if scope not in account.scopes:
            raise ScopeRefused(f"API key lacks the required scope: {scope}")
        return account

    def enter_workspace(self, request: web.BaseRequest, scope: Scope) -> tuple[Account, str]:
        """The same, with the workspace named by `X-Workspace-Id`.

        Also raises `ValidationRefused` (no workspace, or not a UUID) or `WorkspaceRefused` (not the account's).
        """
        account = self.enter(request, scope)
        workspace_id = request.headers.get("X-Workspace-Id", "").lower()
        if not workspace_id:
            raise ValidationRefused("X-Workspace-Id header is required")
        if not is_uuid(workspace_id):
            raise ValidationRefused("X-Workspace-Id must be a UUID")
        if workspace_id not in account.workspace_ids:
            raise WorkspaceRefused("You do not have access to this workspace")
        return account, workspace_id


def api_key_of(request: web.BaseRequest) -> str | None:
    """The key in `x-api-key`, else in `Authorization: Bearer`."""
    authorization = request.headers.get("Authorization", "")
    bearer = authorization[len(BEARER) :] if authorization.lower().startswith(BEARER) else None
    return request.headers.get("x-api-key", bearer)
