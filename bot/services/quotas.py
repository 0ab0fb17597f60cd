"""Changing a server's quotas, for its admins in Discord and for the operator on the command line: kept and audited."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from bot.domain.audit import Deed
from bot.domain.identifiers import GuildId
from bot.domain.quota import LARGEST_QUOTA, Period, Rule, Target
from bot.errors import RuleRefused
from bot.services.ports import Audit, Quotas

_log = logging.getLogger(__name__)


class QuotaDesk:
    """Where rules are made and taken away. `actor` is written as in the ledger: "user:<id>" or "operator"."""

    def __init__(self, *, quotas: Quotas, audit: Audit) -> None:
        self._quotas = quotas
        self._audit = audit

    async def put(self, guild_id: GuildId, rule: Rule, *, actor: str) -> Rule | None:
        """Keep a rule in place of the target's earlier one for that period, which is returned if there is one.

        Raises `RuleRefused` for credits that are not between 0 and `LARGEST_QUOTA`, or `StorageError`.
        """
        if not 0 <= rule.credits <= LARGEST_QUOTA:
            raise RuleRefused(f"A quota is between 0 and {LARGEST_QUOTA:,} credits. Nothing was changed.")
        before = await self._quotas.put(guild_id, rule, actor=actor)
        _log.info("Quota set", extra={"action": "quota_set", "guild": guild_id, "target": str(rule.target)})
        facts = {"target": str(rule.target), "period": rule.period.value, "credits": rule.credits}
        await self._audit.record(
            guild_id, actor, Deed.QUOTA_SET, {**facts, "before": None if before is None else before.credits}
        )
        return before

    async def clear(
        self, guild_id: GuildId, target: Target, period: Period | None = None, *, actor: str
    ) -> Sequence[Rule]:
        """Take away a target's rule for a period, or all of its rules; returns those that there were.

        Raises `StorageError`.
        """
        removed = await self._quotas.clear(guild_id, target, period)
        _log.info("Quotas cleared", extra={"action": "quota_cleared", "guild": guild_id, "target": str(target)})
        for rule in removed:
            facts = {"target": str(target), "period": rule.period.value, "before": rule.credits}
            await self._audit.record(guild_id, actor, Deed.QUOTA_CLEARED, facts)
        return removed
