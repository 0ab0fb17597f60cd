"""Who used what: sums by the database, with UTC days and the roles that members had then."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert, text

from bot.domain.identifiers import GuildId, RoleId, UserId
from bot.domain.job import JobState
from bot.domain.usage import NO_USAGE, DayRange, Tally, UsageLine
from storage.tables import jobs
from storage.usage import UsageStore
from tests.storage.stage import GUILD, MEMBER, Stage, a_request

OTHER = UserId(2**61 + 2)
PAINTER, SCULPTOR = RoleId(71), RoleId(72)
KLING = "kling-3.0-pro"


@pytest.fixture
async def usage(stage: Stage) -> UsageStore:
    await stage.grant(10_000)
    return UsageStore(database=stage.database)


def today(stage: Stage, days: int = 30) -> DayRange:
    return DayRange.until(stage.clock.now(), days)


async def use(
    stage: Stage,
    end: JobState = JobState.COMPLETED,
    *,
    member: UserId = MEMBER,
    roles: frozenset[RoleId] = frozenset(),
    used: int = 10,
) -> None:
    job = await stage.accept(request=replace(a_request(requester_id=member), role_ids=roles))
    if end in (JobState.FAILED, JobState.CANCELLED):
        await stage.jobs.move(job.id, JobState.QUEUED, end)
    else:
        await stage.advance(job, end, used=used)


async def test_a_guild_without_videos_has_used_nothing(stage: Stage, usage: UsageStore) -> None:
    nothing = await usage.usage(GUILD, today(stage))

    assert nothing.total == NO_USAGE
    assert (nothing.by_member, nothing.by_role, nothing.by_model, nothing.by_day) == ({}, {}, {}, {})
    assert await usage.lines(GUILD, today(stage), 10) == []


async def test_what_failed_is_counted_and_costs_nothing(stage: Stage, usage: UsageStore) -> None:
    for end in (JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED, JobState.PROCESSING, JobState.QUEUED):
        await use(stage, end)

    total = (await usage.usage(GUILD, today(stage))).total

    assert total == Tally(requests=5, completed=1, failed=1, credits=10 + 10 + 15)  # type: ignore[arg-type]  # by hand


async def test_members_models_and_days_add_up_to_the_same(stage: Stage, usage: UsageStore) -> None:
    await use(stage, member=MEMBER)
    stage.clock.move(timedelta(days=1))
    await use(stage, member=OTHER)
    await use(stage, member=OTHER)

    seen = await usage.usage(GUILD, today(stage))

    assert {user: tally.credits for user, tally in seen.by_member.items()} == {MEMBER: 10, OTHER: 20}
    assert {day: tally.completed for day, tally in seen.by_day.items()} == {date(2026, 3, 1): 1, date(2026, 3, 2): 2}
    assert seen.by_model == {KLING: seen.total}
    assert seen.total.credits == 30


async def test_a_request_counts_for_every_role_that_its_member_had_then(stage: Stage, usage: UsageStore) -> None:
    await use(stage, roles=frozenset({PAINTER}))
    await use(stage, roles=frozenset({PAINTER, SCULPTOR}))
    await use(stage, roles=frozenset())

    seen = await usage.usage(GUILD, today(stage))

    assert {role: tally.credits for role, tally in seen.by_role.items()} == {PAINTER: 20, SCULPTOR: 10}
    assert seen.total.credits == 30


async def test_a_day_ends_at_midnight_in_utc(stage: Stage, usage: UsageStore) -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    for moment in (midnight - timedelta(microseconds=1), midnight, midnight + timedelta(microseconds=999_999)):
        stage.clock.move(moment - stage.clock.now())
        await use(stage)

    seen = await usage.usage(GUILD, today(stage, days=2))
    only_today = await usage.usage(GUILD, today(stage, days=1))

    assert {day: tally.requests for day, tally in seen.by_day.items()} == {date(2026, 3, 1): 1, date(2026, 3, 2): 2}
    assert only_today.total.requests == 2


async def test_lines_are_the_finest_sums_newest_first(stage: Stage, usage: UsageStore) -> None:
    await use(stage)
    await use(stage)
    stage.clock.move(timedelta(days=1))
    await use(stage, member=OTHER, used=7)

    newest, oldest = await usage.lines(GUILD, today(stage), 10)

    assert newest == UsageLine(date(2026, 3, 2), OTHER, KLING, Tally(1, 1, 0, 7))  # type: ignore[arg-type]  # by hand
    assert (oldest.day, oldest.user_id, oldest.tally.requests) == (date(2026, 3, 1), MEMBER, 2)
    assert await usage.lines(GUILD, today(stage), 1) == [newest]


async def test_another_guilds_videos_are_not_counted(stage: Stage, usage: UsageStore) -> None:
    await use(stage)

    assert (await usage.usage(GuildId(5), today(stage))).total == NO_USAGE


async def test_twenty_thousand_videos_are_summed_at_once(stage: Stage, usage: UsageStore) -> None:
    now = stage.clock.now()
    rows = [_row(number, now - timedelta(hours=2 * number)) for number in range(1000)]
    async with stage.database.writer() as transaction:
        await transaction.execute(insert(jobs).values(rows))
        await transaction.execute(text(_copied(19)))
    begun = time.monotonic()

    seen = await usage.usage(GUILD, today(stage, days=90))
    lines = await usage.lines(GUILD, today(stage, days=90), 50_000)

    assert time.monotonic() - begun < 30, "seconds, on a machine that is busy with other tests"
    assert seen.total.requests == sum(line.tally.requests for line in lines) == 20_000
    assert sum(seen.by_day.values(), NO_USAGE) == seen.total


async def test_the_days_of_a_guild_are_found_by_an_index(stage: Stage) -> None:
    query = "SELECT count(*) FROM jobs WHERE guild_id = 1 AND created_at >= '2026-01-01' AND created_at < '2026-02-01'"
    if stage.database._turn is None:
        return  # PostgreSQL scans a table as empty as this one; it has the same index
    async with stage.database.reader() as transaction:
        plan = await transaction.execute(text(f"EXPLAIN QUERY PLAN {query}"))
        assert "ix_jobs_guild_id_created_at" in str(plan.all())


def _copied(times: int) -> str:
    """SQL that copies every job that many times, which is faster than inserting rows."""
    names = [column.name for column in jobs.c if column.name not in ("id", "part")]
    counting = f"WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {times})"  # noqa: S608  a number
    copy = f"SELECT jobs.id || '-' || CAST(n AS VARCHAR(9)), n, {', '.join(names)} FROM jobs, copies"  # noqa: S608  our names
    return f"INSERT INTO jobs (id, part, {', '.join(names)}) {counting} {copy}"


def _row(number: int, created_at: datetime) -> dict[str, object]:
    return {
        "id": f"{number:016x}",
        "guild_id": GUILD,
        "channel_id": 1,
        "requester_id": 1000 + number % 300,
        "interaction_id": number,
        "prompt": "x",
        "model": ("kling-3.0-pro", "veo-3.1", "runway-gen-4.5")[number % 3],
        "duration": 5,
        "size": "landscape",
        "audio": False,
        "enhance": False,
        "state": "completed",
        "created_at": created_at,
        "state_at": created_at,
        "credits_held": 15,
        "credits_used": 15,
        "has_image": False,
        "is_direct": False,
        "role_ids": json.dumps([number % 40]),
    }
