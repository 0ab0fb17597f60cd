"""What members have used of their quotas, and the check before a job is accepted.

Used are the credits of the jobs that the member requested in the window: what is held for those in progress and what
was charged for those that succeeded, on granted credits and on the guild's own account alike. A job that failed or was
cancelled costs nothing and is not counted, which gives its part of the quota back.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, and_, case, func, or_, select

from bot.domain.identifiers import Credits, GuildId, RoleId, UserId
from bot.domain.job import STATES_GIVING_BACK
from bot.domain.quota import (
    Allowance,
    Period,
    Rule,
    Target,
    TargetKind,
    Usage,
    allowances,
    binding_rules,
    refusing,
    window,
)
from bot.domain.request import VideoRequest
from bot.errors import QuotaExceeded
from storage.database.transactions import Transaction
from storage.guilds import hold_guild
from storage.job_rows import PRICE
from storage.tables import jobs, quotas


async def require_quota(transaction: Transaction, request: VideoRequest, needed: Credits, now: datetime) -> None:
    """Check that the guild's rules leave the requester `needed` credits, before this transaction adds a job.

    Two requests must never share the last of a quota. What is used is a sum over jobs, which no single guarded
    statement can protect, so each guild's requests pass here one after the other: the first statement locks the
    guild's row until the commit, and the sum is read after it. On PostgreSQL every statement sees what was committed
    before it began (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-READ-COMMITTED), so the sum
    includes the jobs of earlier requests; SQLite's writers take turns anyway. It is the guild's row and not the
    wallet's, because a guild that switches from granted credits to its own account has requests on both.

    Raises `QuotaExceeded`.
    """
    await hold_guild(transaction, request.guild_id)
    allowed = await allowances_of(transaction, request.guild_id, request.requester_id, request.role_ids, now)
    against = refusing(allowed, needed)
    if against is not None:
        raise QuotaExceeded(needed=needed, allowance=against)


async def allowances_of(
    transaction: Transaction, guild_id: GuildId, user_id: UserId, role_ids: frozenset[RoleId], now: datetime
) -> list[Allowance]:
    """See `Quotas.allowances` in `bot/services/ports.py`."""
    query = select(quotas).where(quotas.c.guild_id == guild_id, _may_bind(user_id, role_ids))
    rules = [rule_of(row) for row in (await transaction.execute(query)).mappings()]
    binding = binding_rules(rules, user_id, role_ids)
    if not binding:
        return []
    own = and_(jobs.c.guild_id == guild_id, jobs.c.requester_id == user_id)
    row = (await transaction.execute(_used(binding, now).where(own))).mappings().one()
    return allowances(binding, _usage_of(row, binding), now)


async def usage_by_member(transaction: Transaction, guild_id: GuildId, now: datetime) -> dict[UserId, Usage]:
    """See `Quotas.usage` in `bot/services/ports.py`."""
    query = _used(Period, now).add_columns(jobs.c.requester_id).where(jobs.c.guild_id == guild_id)
    rows = (await transaction.execute(query.group_by(jobs.c.requester_id))).mappings()
    return {UserId(row["requester_id"]): _usage_of(row, Period) for row in rows}


def rule_of(row: RowMapping) -> Rule:
    """The rule of a row that holds every column of `quotas`."""
    target = Target(TargetKind(row["target_kind"]), row["target_id"])
    return Rule(target, Period(row["period"]), Credits(row["credits"]))


def _used(periods: Iterable[Period], now: datetime) -> Select[tuple[Any, ...]]:
    """A query for the credits used in the current window of each period, by all jobs; callers say whose."""
    windows = {period: window(period, now) for period in periods}
    sums = []
    for period, running in windows.items():
        is_within = and_(jobs.c.created_at >= running.start_at, jobs.c.created_at < running.end_at)
        sums.append(func.coalesce(func.sum(case((is_within, PRICE), else_=0)), 0).label(period.value))
    earliest = min(running.start_at for running in windows.values())
    return select(*sums).where(jobs.c.created_at >= earliest, jobs.c.state.not_in(STATES_GIVING_BACK))


def _usage_of(row: RowMapping, periods: Iterable[Period]) -> Usage:
    return {period: Credits(int(row[period.value])) for period in periods}


def _may_bind(user_id: UserId, role_ids: frozenset[RoleId]) -> ColumnElement[bool]:
    """Rules for this member, their roles or everyone; which of them binds is for the domain to decide."""
    return or_(
        quotas.c.target_kind == TargetKind.EVERYONE,
        and_(quotas.c.target_kind == TargetKind.ROLE, quotas.c.target_id.in_(role_ids)),
        and_(quotas.c.target_kind == TargetKind.MEMBER, quotas.c.target_id == user_id),
    )
