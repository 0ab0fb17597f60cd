"""The check that a member and a guild have no more videos in the making than the guild's admins allow."""

from __future__ import annotations

from sqlalchemy import case, func, select

from bot.domain.options import NO_LIMIT, AtOnce
from bot.domain.rules import IN_THE_MAKING, InTheMaking, too_many
from bot.domain.wish import Wish
from storage.guilds import hold_guild
from storage.tables import jobs
from storage.transactions import Transaction


async def require_free_place(transaction: Transaction, wish: Wish, allowed: AtOnce) -> None:
    """Check that one more video may be in the making, for a job that this transaction then makes.

    A guild's requests count one after the other (see `hold_guild`), so that two never take the last place together.

    Raises `TooManyAtOnce`.
    """
    if allowed == NO_LIMIT:
        return
    await hold_guild(transaction, wish.guild_id)
    is_own = case((jobs.c.requester_id == wish.requester_id, 1))
    counts = select(func.count(is_own).label("member"), func.count().label("server")).where(
        jobs.c.guild_id == wish.guild_id, jobs.c.state.in_(IN_THE_MAKING)
    )
    row = (await transaction.execute(counts)).mappings().one()
    refusal = too_many(InTheMaking(**row), allowed)
    if refusal is not None:
        raise refusal
