"""A guild's quotas: its rules, changed together with an audit entry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import ColumnElement, and_, delete, select, update

from bot.clock import Clock
from bot.domain.actor import Actor
from bot.domain.audit import AuditAction
from bot.domain.identifiers import GuildId, RoleId, UserId
from bot.domain.quota import Allowance, Period, Rule, Target, TargetKind, Usage
from storage.allowances import allowances_of, rule_of, usage_by_member
from storage.audit import write_action
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.guilds import hold_guild, know_guild
from storage.tables import quotas


class QuotaStore:
    """Fits `bot.services.ports.Quotas`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def put(self, guild_id: GuildId, rule: Rule, *, actor: Actor) -> Rule | None:
        """See the port."""
        is_it = and_(quotas.c.guild_id == guild_id, _is_for(rule.target), quotas.c.period == rule.period)
        facts = {"credits": rule.credits, "set_by": actor, "set_at": self._clock.now()}
        key = {"target_kind": rule.target.kind, "target_id": rule.target.id, "period": rule.period}
        async with self._database.writer() as transaction:
            await know_guild(transaction, guild_id)
            await hold_guild(transaction, guild_id)
            row = (await transaction.execute(select(quotas).where(is_it))).mappings().one_or_none()
            before = None if row is None else rule_of(row)
            await transaction.insert_or_skip(quotas, {"guild_id": guild_id, **key, **facts})
            await transaction.execute(update(quotas).where(is_it).values(**facts))
            await self._keep_action(transaction, guild_id, actor, rule, before)
            return before

    async def clear(
        self, guild_id: GuildId, target: Target, period: Period | None = None, *, actor: Actor
    ) -> Sequence[Rule]:
        """See the port."""
        removal = delete(quotas).where(quotas.c.guild_id == guild_id, _is_for(target))
        if period is not None:
            removal = removal.where(quotas.c.period == period)
        async with self._database.writer() as transaction:
            rows = (await transaction.execute(removal.returning(quotas))).mappings()
            removed = _sorted(rule_of(row) for row in rows)
            for rule in removed:
                await self._keep_action(transaction, guild_id, actor, None, rule)
            return removed

    async def rules(self, guild_id: GuildId) -> Sequence[Rule]:
        """See the port."""
        query = select(quotas).where(quotas.c.guild_id == guild_id)
        async with self._database.reader() as transaction:
            return _sorted(rule_of(row) for row in (await transaction.execute(query)).mappings())

    async def allowances(self, guild_id: GuildId, user_id: UserId, role_ids: frozenset[RoleId]) -> Sequence[Allowance]:
        """See the port."""
        async with self._database.reader() as transaction:
            return await allowances_of(transaction, guild_id, user_id, role_ids, self._clock.now())

    async def usage(self, guild_id: GuildId) -> Mapping[UserId, Usage]:
        """See the port."""
        async with self._database.reader() as transaction:
            return await usage_by_member(transaction, guild_id, self._clock.now())

    async def _keep_action(
        self, transaction: Transaction, guild_id: GuildId, actor: Actor, after: Rule | None, before: Rule | None
    ) -> None:
        rule = after or before
        if rule is None or after == before:
            return
        await write_action(
            transaction,
            guild_id,
            actor=actor,
            action=AuditAction.QUOTA_CLEARED if after is None else AuditAction.QUOTA_SET,
            details={"for": rule.target.notation, "before": _words(before), "after": _words(after)},
            at=self._clock.now(),
        )


def _is_for(target: Target) -> ColumnElement[bool]:
    return and_(quotas.c.target_kind == target.kind, quotas.c.target_id == target.id)


def _words(rule: Rule | None) -> str | None:
    return None if rule is None else f"{rule.credits} credits a {rule.period}"


def _sorted(rules: Iterable[Rule]) -> list[Rule]:
    kinds, periods = list(TargetKind), list(Period)
    return sorted(rules, key=lambda rule: (kinds.index(rule.target.kind), rule.target.id, periods.index(rule.period)))
