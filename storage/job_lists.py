"""Jobs as an operator looks them up, and what was written off."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from bot.domain.identifiers import GuildId
from bot.domain.job import Job, JobState
from bot.domain.ledger import WriteOff
from storage.database.engine import Database
from storage.job_rows import job_of
from storage.tables import jobs, write_offs


class JobLists:
    """Reads only. All methods raise `StorageError`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def newest(
        self, *, states: Collection[JobState] = (), guild_id: GuildId | None = None, limit: int
    ) -> Sequence[Job]:
        """The newest jobs, newest first; only those in these states and of this guild, if given."""
        query = select(jobs).order_by(jobs.c.created_at.desc(), jobs.c.id).limit(limit)
        if states:
            query = query.where(jobs.c.state.in_(states))
        if guild_id is not None:
            query = query.where(jobs.c.guild_id == guild_id)
        async with self._database.reader() as transaction:
            return [job_of(row) for row in (await transaction.execute(query)).mappings()]

    async def write_offs(self) -> Sequence[WriteOff]:
        """All of them, oldest first."""
        columns = (write_offs.c.job_id, write_offs.c.amount, write_offs.c.reason, write_offs.c.at)
        async with self._database.reader() as transaction:
            rows = await transaction.execute(select(*columns).order_by(write_offs.c.at))
            return [WriteOff(**row) for row in rows.mappings()]
