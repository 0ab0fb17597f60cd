"""Forgetting what a member asked for, and servers that the bot left. The ledger keeps ids and amounts.

On SQLite, deleted text is overwritten (`secure_delete`, see `connect.py`). The write-ahead log, which still has old
pages, is emptied afterwards, so that nothing is left in the files.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, null, select, type_coerce, update

from bot.clock import Clock
from bot.domain.erasure import Erased
from bot.domain.identifiers import GuildId, UserId
from bot.domain.job import OPEN_STATES, JobState, MessageState
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.tables import guild_names, guild_options, guilds, jobs, quotas, workspaces

_log = logging.getLogger(__name__)

_ENDED_BADLY: Final = (JobState.FAILED, JobState.CANCELLED)
_DROPPED: Final[dict[str, Any]] = {
    "prompt": "",
    "source_media_id": null(),
    "media_id": null(),
    "video_url": null(),
    "failure_detail": null(),
    "role_ids": null(),
}
"""What a job loses: what its member wrote, and whatever leads to its pictures and videos.

A job that has ended has no picture any more. `generation_id` and `request_id` stay, as amounts and times do. They are
evidence: whether another member's unconfirmed order was charged is inferred from every order of the account, and one
without its generation would count as never made (`bot/domain/charges.py`).
"""


class ErasureStore:
    """Fits `bot.services.retention.GuildErasure` and `cogs.privacy.cog.MemberErasure`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def erase_member(self, guild_id: GuildId, user_id: UserId) -> Erased:
        """See the port."""
        own = and_(jobs.c.guild_id == guild_id, jobs.c.requester_id == user_id)
        async with self._database.writer() as transaction:
            counting = select(func.count()).select_from(jobs).where(own, jobs.c.state.in_(OPEN_STATES))
            under_way = int((await transaction.execute(counting)).scalar_one())
            erased = 0 if under_way else await self._erase(transaction, own)
        if erased:
            await self._leave_no_trace()
        return Erased(erased, under_way)

    async def forgettable(self, left_before: datetime) -> Sequence[GuildId]:
        """See the port."""
        busy = exists().where(jobs.c.guild_id == guilds.c.guild_id, jobs.c.state.in_(OPEN_STATES))
        due = select(guilds.c.guild_id).where(guilds.c.left_at < left_before, guilds.c.forgotten_at.is_(None), ~busy)
        async with self._database.reader() as transaction:
            return [GuildId(row.guild_id) for row in await transaction.execute(due)]

    async def forget_guilds(self, guild_ids: Collection[GuildId], left_before: datetime) -> Sequence[GuildId]:
        """See the port."""
        forgotten = [guild_id for guild_id in guild_ids if await self._forget(guild_id, left_before)]
        if forgotten:
            await self._leave_no_trace()
        return forgotten

    async def _forget(self, guild_id: GuildId, left_before: datetime) -> bool:
        """False when the bot has returned to the guild meanwhile."""
        still_gone = (guilds.c.guild_id == guild_id, guilds.c.left_at < left_before, guilds.c.forgotten_at.is_(None))
        now = self._clock.now()
        noted = update(guilds).where(*still_gone).values(forgotten_at=now).returning(guilds.c.guild_id)
        async with self._database.writer() as transaction:
            if (await transaction.execute(noted)).one_or_none() is None:
                return False
            await self._erase(transaction, jobs.c.guild_id == guild_id)
            own_links = update(workspaces).where(workspaces.c.guild_id == guild_id)
            ended_at = func.coalesce(workspaces.c.unlinked_at, type_coerce(now, workspaces.c.unlinked_at.type))
            await transaction.execute(own_links.values(workspace_id="", encrypted_key=null(), unlinked_at=ended_at))
            for kept in (guild_names, guild_options, quotas):
                await transaction.execute(delete(kept).where(kept.c.guild_id == guild_id))
        return True

    async def _erase(self, transaction: Transaction, whose: ColumnElement[bool]) -> int:
        """A failure that was not shown yet counts as shown, because its message would have nothing to say."""
        which = and_(whose, jobs.c.state.not_in(OPEN_STATES), jobs.c.erased_at.is_(None))
        for state in _ENDED_BADLY:
            await transaction.execute(
                update(jobs).where(which, jobs.c.state == state).values(shown=MessageState(state.value))
            )
        erased = update(jobs).where(which).values(**_DROPPED, erased_at=self._clock.now()).returning(jobs.c.id)
        return len((await transaction.execute(erased)).all())

    async def _leave_no_trace(self) -> None:
        if not await self._database.empty_log():
            _log.warning(
                "Erased text stays in the database's log until a reader has finished",
                extra={"action": "log_not_emptied"},
            )
