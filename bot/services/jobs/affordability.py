"""Whether a member can afford a video, before anything is held: the server's credits and the member's limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.identifiers import Credits
from bot.domain.ledger import Balance
from bot.domain.quota import Allowance, refusing
from bot.domain.request import VideoRequest
from bot.errors import InsufficientCredits, QuotaExceeded
from bot.services.accounts.guild_accounts import AccountOf
from bot.services.ports import Ledger, Quotas


@dataclass(frozen=True, slots=True)
class Affordability:
    """`balance` is the server's granted credits, or None when its own PowerPost account pays."""

    balance: Balance | None
    allowances: Sequence[Allowance]


class AffordabilityCheck:
    """Refuses early what `Accept` would refuse later; only `Accept` holds credits, and it checks again."""

    def __init__(self, *, ledger: Ledger, quotas: Quotas, account_of: AccountOf) -> None:
        self._ledger = ledger
        self._quotas = quotas
        self._account_of = account_of

    async def affordable_for(self, request: VideoRequest, price: Credits) -> Affordability:
        """What is available for a video at this price.

        Raises `QuotaExceeded`, `InsufficientCredits`, `AccountUnusable` or `StorageError`.
        """
        allowances = await self._quotas.allowances(request.guild_id, request.requester_id, request.role_ids)
        against = refusing(allowances, price)
        if against is not None:
            raise QuotaExceeded(needed=price, allowance=against)
        if await self._account_of(request.guild_id) is not None:
            return Affordability(None, allowances)
        balance = await self._ledger.balance(request.guild_id)
        if balance.available < price:
            raise InsufficientCredits(needed=price, available=balance.available)
        return Affordability(balance, allowances)
