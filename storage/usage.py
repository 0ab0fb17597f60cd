"""Who used what: sums computed by the database, through an index on a guild's jobs by day.

Usage grows over the years, so no job is loaded for it, only sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, String, and_, case, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.domain.identifiers import Credits, GuildId, RoleId, UserId
from bot.domain.job import STATES_GIVING_BACK, JobState
from bot.domain.usage import NO_USAGE, DayRange, Tally, Usage, UsageLine, summed
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.job_rows import PRICE, roles_of
from storage.tables import jobs

_SUMS = (
    func.count().label("requests"),
    func.count(case((jobs.c.state == JobState.COMPLETED, 1))).label("completed"),
    func.count(case((jobs.c.state == JobState.FAILED, 1))).label("failed"),
    func.coalesce(func.sum(case((jobs.c.state.not_in(STATES_GIVING_BACK), PRICE), else_=0)), 0).label("credits"),
)


class utc_day(FunctionElement[str]):  # noqa: N801  named as SQL's functions are
    """The UTC day of a time, as in "2026-03-01".

    SQLite's own date functions round up the last half of a day's last millisecond to the next day.
    """

    type = String()
    inherit_cache = True
    name = "utc_day"


@compiles(utc_day, "sqlite")
def _text_begins_with_day(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  SQLAlchemy's own
    return f"substr({compiler.process(element.clauses, **options)}, 1, 10)"


@compiles(utc_day, "postgresql")
def _time_told_in_utc(element: utc_day, compiler: SQLCompiler, **options: Any) -> str:  # noqa: ANN401  SQLAlchemy's own
    return f"to_char({compiler.process(element.clauses, **options)} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


_DAY = utc_day(jobs.c.created_at).label("day")


class UsageStore:
    """Fits `bot.services.ports.UsageLedger`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def usage(self, guild_id: GuildId, span: DayRange) -> Usage:
        """See the port."""
        async with self._database.reader() as transaction:
            members = await _sums(transaction, guild_id, span, jobs.c.requester_id)
            roles = await _sums(transaction, guild_id, span, jobs.c.role_ids)
            days = await _sums(transaction, guild_id, span, _DAY, jobs.c.model)
        by_day_and_model = {(date.fromisoformat(row["day"]), row["model"]): _tally(row) for row in days}
        return Usage(
            span=span,
            total=sum(by_day_and_model.values(), NO_USAGE),
            by_member={UserId(row["requester_id"]): _tally(row) for row in members},
            by_role=_by_role(roles),
            by_model=summed((model, tally) for (_, model), tally in by_day_and_model.items()),
            by_day_and_model=by_day_and_model,
        )

    async def lines(self, guild_id: GuildId, span: DayRange, limit: int) -> Sequence[UsageLine]:
        """See the port."""
        keys = (_DAY, jobs.c.requester_id, jobs.c.model)
        query = _query(guild_id, span, *keys).order_by(keys[0].desc(), *keys[1:]).limit(limit)
        async with self._database.reader() as transaction:
            rows = (await transaction.execute(query)).mappings()
            return [
                UsageLine(date.fromisoformat(row["day"]), UserId(row["requester_id"]), row["model"], _tally(row))
                for row in rows
            ]


async def _sums(
    transaction: Transaction, guild_id: GuildId, span: DayRange, *keys: ColumnElement[Any]
) -> Sequence[RowMapping]:
    return (await transaction.execute(_query(guild_id, span, *keys))).mappings().all()


def _query(guild_id: GuildId, span: DayRange, *keys: ColumnElement[Any]) -> Any:  # noqa: ANN401  a Select of these columns
    is_within = and_(jobs.c.created_at >= span.start_at, jobs.c.created_at < span.end_at)
    return select(*keys, *_SUMS).where(jobs.c.guild_id == guild_id, is_within).group_by(*keys)


def _tally(row: RowMapping) -> Tally:
    return Tally(row["requests"], row["completed"], row["failed"], Credits(int(row["credits"])))


def _by_role(rows: Sequence[RowMapping]) -> dict[RoleId, Tally]:
    """Members with the same roles share a row, which counts for each of those roles."""
    return summed((role_id, _tally(row)) for row in rows for role_id in roles_of(row["role_ids"]))
