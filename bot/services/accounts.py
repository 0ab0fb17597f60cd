"""Which PowerPost account a job is ordered and looked after with."""

from __future__ import annotations

from bot.domain.identifiers import LinkId
from bot.services.ports import Provider


class OperatorAccounts:
    """Fits `ports.Accounts`: every server draws on the operator's account."""

    def __init__(self, operator: Provider) -> None:
        self._operator = operator

    def provider(self, link_id: LinkId | None) -> Provider:
        """The account of a job. Raises `LookupError` for a link, since no server has an account of its own yet."""
        if link_id is not None:
            raise LookupError(f"link {link_id}")
        return self._operator
