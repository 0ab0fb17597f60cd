"""Limits on what a member and a guild may have in progress: videos, and pictures waiting to be sent.

A guild's admins may set limits; the operator's apply to every guild as well. Waiting pictures are in the database, so
there is also a limit for all guilds together.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, case, func, select, text

from bot.domain.options import NO_LIMIT, NO_PICTURE_LIMIT, AtOnce
from bot.domain.request import VideoRequest
from bot.domain.rules import InProgress, Pictures, too_many, too_many_pictures
from storage.database.transactions import Transaction
from storage.guilds import hold_guild
from storage.tables import IN_PROGRESS, jobs, source_images


async def require_free_place(transaction: Transaction, request: VideoRequest, allowed: AtOnce) -> None:
    """Check that one more video may be in progress, before this transaction adds its job.

    A guild's requests count one after the other (see `hold_guild`), so that two never take the last place. Only the
    limit for the pictures of all guilds can be exceeded, by as many as other guilds send at that very moment.

    Raises `TooManyAtOnce`.
    """
    if allowed == NO_LIMIT:
        return
    await hold_guild(transaction, request.guild_id)
    size = 0 if request.image is None else len(request.image.data)
    await check_free_place(transaction, request, allowed, size=size, has_picture=request.image is not None)


async def check_free_place(
    transaction: Transaction, request: VideoRequest, allowed: AtOnce, *, size: int, has_picture: bool
) -> None:
    """The same check for a request whose picture, of `size` bytes, may not have been fetched yet.

    Raises `TooManyAtOnce`.
    """
    refusal = too_many(await _in_progress(transaction, request), allowed)
    if refusal is None and has_picture and allowed.pictures != NO_PICTURE_LIMIT:
        server = await _pictures(transaction, jobs.c.guild_id == request.guild_id)
        everyone = await _pictures(transaction)
        refusal = too_many_pictures(server, everyone, size, allowed.pictures)
    if refusal is not None:
        raise refusal


async def _in_progress(transaction: Transaction, request: VideoRequest) -> InProgress:
    is_own = case((jobs.c.requester_id == request.requester_id, 1))
    counts = select(func.count(is_own).label("member"), func.count().label("server")).where(
        jobs.c.guild_id == request.guild_id, text(IN_PROGRESS)
    )
    return InProgress(**(await transaction.execute(counts)).mappings().one())


async def _pictures(transaction: Transaction, *whose: ColumnElement[bool]) -> Pictures:
    """The waiting pictures. Both databases know a value's length without reading it."""
    sums = select(
        func.count().label("number"), func.coalesce(func.sum(func.length(source_images.c.data)), 0).label("size")
    )
    if whose:
        sums = sums.select_from(source_images.join(jobs, jobs.c.id == source_images.c.job_id)).where(*whose)
    row = (await transaction.execute(sums)).mappings().one()
    return Pictures(int(row["number"]), int(row["size"]))
