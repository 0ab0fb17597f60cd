"""Limits at once: nobody can fill the queue or the database, and nobody else notices who tries."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import Credits, GuildId, InteractionId, LinkId, UserId
from bot.domain.job import Job, JobState
from bot.domain.options import AtOnce, PictureLimits
from bot.domain.request import SourceImage
from bot.domain.rules import IN_PROGRESS
from bot.errors import TooManyAtOnce
from bot.settings import Settings
from storage import tables
from storage.database.engine import Database
from storage.tables import jobs, source_images
from tests.databases import SqliteFiles
from tests.storage.stage import GUILD, MEMBER, Stage, a_request

BOUNDS = Settings(_env_file=None).bounds
MEGABYTE = SourceImage("cat.png", "image/png", bytes(1_000_000))


async def accept(
    stage: Stage,
    number: int,
    *,
    allowed: AtOnce = BOUNDS,
    member: UserId = MEMBER,
    guild: GuildId = GUILD,
    picture: SourceImage | None = MEGABYTE,
    link_id: LinkId | None = None,
) -> Job:
    request = a_request(image=picture, requester_id=member, link_id=link_id)
    request = replace(request, interaction_id=InteractionId(1000 + number), guild_id=guild)
    return await stage.jobs.accept(request, Credits(15), allowed)


async def kept(stage: Stage) -> tuple[int, int]:
    """How many pictures the database holds, and how many bytes of them."""
    async with stage.database.reader() as transaction:
        sizes = (await transaction.execute(select(func.length(source_images.c.data)))).scalars().all()
    return len(sizes), sum(sizes)


async def test_one_member_of_a_linked_server_without_credits_cannot_fill_the_database(stage: Stage) -> None:
    link_id = await stage.link()
    requests = (accept(stage, number, link_id=link_id) for number in range(100))

    outcomes = await asyncio.gather(*requests, return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, TooManyAtOnce)]
    assert (len(refused), await kept(stage)) == (75, (25, 25_000_000))
    assert str(refused[-1]) == (
        "You have 25 videos in progress, and 25 at once are allowed here. Wait until one is ready. Nothing was spent."
    )


async def test_all_members_of_a_server_together_cannot_either(stage: Stage) -> None:
    link_id = await stage.link()
    requests = (accept(stage, number, member=UserId(number + 1), link_id=link_id) for number in range(100))

    outcomes = await asyncio.gather(*requests, return_exceptions=True)

    refused = [outcome for outcome in outcomes if isinstance(outcome, TooManyAtOnce)]
    assert (len(refused), await kept(stage)) == (50, (50, 50_000_000))
    assert str(refused[-1]) == (
        "This server has 50 pictures waiting, and there is no room for more right now. "
        "Try again in a few minutes, or without a picture. Nothing was spent."
    )


@pytest.mark.parametrize(
    "pictures",
    [PictureLimits(server_bytes=2_500_000), PictureLimits(all_bytes=2_000_000), PictureLimits(all=2)],
    ids=["bytes of a server", "bytes of all", "all"],
)
async def test_pictures_are_bounded_by_number_and_by_bytes(stage: Stage, pictures: PictureLimits) -> None:
    await stage.grant(1000)
    allowed = AtOnce(pictures=pictures)
    for number in range(2):
        await accept(stage, number, allowed=allowed)

    with pytest.raises(TooManyAtOnce, match=r"Try again in a few minutes, or without a picture\. Nothing was spent\."):
        await accept(stage, 2, allowed=allowed)

    await accept(stage, 3, allowed=allowed, picture=None)
    assert await kept(stage) == (2, 2_000_000)


async def test_the_pictures_of_one_server_leave_another_its_room(stage: Stage) -> None:
    await stage.grant(1000)
    await stage.ledger.grant(GuildId(7), Credits(100), actor=OPERATOR, reason="a start")
    allowed = AtOnce(pictures=PictureLimits(server=1))
    await accept(stage, 0, allowed=allowed)
    with pytest.raises(TooManyAtOnce, match="1 picture waiting"):
        await accept(stage, 1, allowed=allowed)

    await accept(stage, 2, allowed=allowed, guild=GuildId(7))


async def test_a_picture_that_powerpost_has_makes_room(stage: Stage) -> None:
    await stage.grant(1000)
    allowed = AtOnce(pictures=PictureLimits(server=1))
    first = await accept(stage, 0, allowed=allowed)

    await stage.jobs.image_uploaded(first.id, "media")

    await accept(stage, 1, allowed=allowed)


async def test_room_is_asked_for_before_a_picture_is_fetched(stage: Stage) -> None:
    await stage.grant(1000)
    allowed = AtOnce(pictures=PictureLimits(server_bytes=1_500_000))
    request = a_request()
    await stage.jobs.check_free_place(request, allowed, picture_size=1_000_000)
    await accept(stage, 0, allowed=allowed)

    await stage.jobs.check_free_place(request, allowed, picture_size=400_000)
    with pytest.raises(TooManyAtOnce):
        await stage.jobs.check_free_place(request, allowed, picture_size=600_000)


def test_the_stricter_of_two_limits_counts_and_no_limit_is_the_loosest() -> None:
    ours = AtOnce(25, 250, PictureLimits(all=5))
    assert AtOnce(0, 5).within(ours) == AtOnce(25, 5, PictureLimits(all=5))
    assert AtOnce(1000, 1000).within(ours) == ours
    assert AtOnce(3, 0).within(AtOnce()) == AtOnce(3, 0)


def test_the_index_holds_just_what_counts() -> None:
    assert f"state IN ({', '.join(repr(state.value) for state in IN_PROGRESS)})" == tables.IN_PROGRESS
    assert JobState.UNCONFIRMED not in IN_PROGRESS


async def test_videos_in_the_making_are_counted_in_an_index_however_many_were_made(sqlite_files: SqliteFiles) -> None:
    database = Database(await sqlite_files.migrated())
    counted = select(jobs.c.requester_id).where(jobs.c.guild_id == 1, text(tables.IN_PROGRESS))
    query = counted.compile(compile_kwargs={"literal_binds": True})
    async with database.reader() as transaction:
        plan = [row.detail for row in await transaction.execute(text(f"EXPLAIN QUERY PLAN {query}"))]
    await database.close()

    assert len(plan) == 1
    assert "ix_jobs_in_the_making" in plan[0]
