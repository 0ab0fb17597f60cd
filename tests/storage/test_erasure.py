"""Forgetting: a member's own videos, and servers that the bot left; the ledger stays, and not a byte of the text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, make_url, select

from bot.domain.actor import OPERATOR
from bot.domain.charges import order_of
from bot.domain.erasure import Erased
from bot.domain.evidence import Observation, Verdict, verdict_on
from bot.domain.identifiers import Credits, GuildId, RoleId, UserId
from bot.domain.job import Failure, Job, JobState, MessageState
from storage.database.engine import Database
from storage.erasure import ErasureStore
from storage.observations import AccountObservations
from storage.tables import guild_options, guilds, jobs, quotas
from storage.workspaces import WorkspaceStore
from tests.databases import SqliteFiles
from tests.storage.stage import GUILD, MEMBER, Stage, a_request, a_stage

OTHER = UserId(5)
ELSEWHERE = GuildId(77)
CANARY = "a-canary-in-a-coal-mine"
MONTH = timedelta(days=30)


@pytest.fixture
def erasure(stage: Stage) -> ErasureStore:
    return ErasureStore(database=stage.database, clock=stage.clock)


async def told(stage: Stage, job: Job) -> Job:
    """The job with everything that can be stored of one, all of it recognisable."""
    mark = job.spec.prompt.partition(" ")[0]
    noted = await stage.jobs.note(
        job.id,
        generation_id=f"generation-{job.id}",
        media_id=f"{mark}-media",
        source_media_id=f"{mark}-source",
        video_url=f"https://powerpost.example/{mark}",
        failure_detail=f"{mark} refused",
        request_id=f"request-{job.id}",
    )
    assert noted is not None
    return noted


async def completed(stage: Stage, prompt: str = CANARY, requester_id: UserId = MEMBER) -> Job:
    job = await stage.accept(request=a_request(prompt, requester_id=requester_id))
    return await told(stage, await stage.advance(job, JobState.COMPLETED, used=15))


async def test_erasing_blanks_what_was_said_and_keeps_ids_and_amounts(stage: Stage, erasure: ErasureStore) -> None:
    await stage.grant(100)
    job = await completed(stage)

    assert await erasure.erase_member(GUILD, MEMBER) == Erased(1)

    kept = await stage.jobs.get(job.id)
    assert kept is not None
    assert CANARY not in repr(kept)
    assert (kept.requester_id, kept.state, kept.credits_used) == (MEMBER, JobState.COMPLETED, 15)
    assert await stage.jobs.latest_of(GUILD, MEMBER, 10) == []
    assert await stage.ledger.verify() == []
    assert (await stage.ledger.balance(GUILD)).spent == 15


async def test_erasing_twice_erases_nothing_more(stage: Stage, erasure: ErasureStore) -> None:
    await stage.grant(100)
    await completed(stage)

    assert await erasure.erase_member(GUILD, MEMBER) == Erased(1)
    assert await erasure.erase_member(GUILD, MEMBER) == Erased(0)


async def test_other_members_and_other_servers_keep_theirs(stage: Stage, erasure: ErasureStore) -> None:
    await stage.grant(100)
    theirs = await completed(stage, "a dog", OTHER)
    await completed(stage)

    await erasure.erase_member(GuildId(1), MEMBER)
    assert len(await stage.jobs.latest_of(GUILD, MEMBER, 10)) == 1
    await erasure.erase_member(GUILD, MEMBER)

    assert await stage.jobs.latest_of(GUILD, OTHER, 10) == [theirs]


async def test_the_roles_of_who_wished_are_erased_too(stage: Stage, erasure: ErasureStore) -> None:
    await stage.grant(100)
    request = replace(a_request(), role_ids=frozenset({RoleId(5)}))
    await stage.advance(await stage.accept(request=request), JobState.COMPLETED)
    kept = select(jobs.c.role_ids)
    async with stage.database.reader() as transaction:
        assert (await transaction.execute(kept)).scalar_one() == "[5]"

    await erasure.erase_member(GUILD, MEMBER)

    async with stage.database.reader() as transaction:
        assert (await transaction.execute(kept)).scalar_one() is None


async def test_nothing_is_erased_while_a_video_is_under_way(stage: Stage, erasure: ErasureStore) -> None:
    await stage.grant(100)
    done = await completed(stage)
    under_way = await stage.accept()

    assert await erasure.erase_member(GUILD, MEMBER) == Erased(0, under_way=1)
    assert await stage.jobs.get(done.id) == done

    await stage.advance(under_way, JobState.COMPLETED)
    assert await erasure.erase_member(GUILD, MEMBER) == Erased(2)


async def test_a_sad_end_that_was_not_shown_yet_is_not_shown_without_its_words(
    stage: Stage, erasure: ErasureStore
) -> None:
    await stage.grant(100)
    job = await stage.accept()
    await stage.jobs.move(job.id, JobState.QUEUED, JobState.FAILED, failure=Failure.UNREACHABLE)
    assert len(await stage.jobs.unshown(stage.clock.now())) == 1

    await erasure.erase_member(GUILD, MEMBER)

    assert await stage.jobs.unshown(stage.clock.now()) == []
    kept = await stage.jobs.get(job.id)
    assert kept is not None
    assert kept.shown is MessageState.FAILED


async def test_a_server_is_forgotten_when_its_time_is_over_and_once(stage: Stage, erasure: ErasureStore) -> None:
    workspaces = WorkspaceStore(database=stage.database, clock=stage.clock)
    await stage.guilds.ensure(GUILD, Credits(100))
    job = await completed(stage)
    link = await workspaces.link(GUILD, f"{CANARY}-workspace", CANARY.encode(), MEMBER)
    await _add_rules(stage)
    await stage.guilds.mark_left(GUILD)

    stage.clock.move(MONTH)
    assert await forget(erasure, stage.clock.now() - MONTH) == []
    stage.clock.move(timedelta(seconds=1))
    assert await forget(erasure, stage.clock.now() - MONTH) == [GUILD]
    assert await forget(erasure, stage.clock.now() - MONTH) == []

    assert CANARY not in repr(await stage.jobs.get(job.id))
    ended = await workspaces.get(link.id)
    assert ended is not None
    assert (ended.workspace_id, ended.encrypted_key, ended.is_active) == ("", None, False)
    assert await _count_rules(stage) == 0
    assert await stage.ledger.verify() == []
    assert (await stage.ledger.balance(GUILD)).spent == 15


@pytest.mark.parametrize("way", ["member", "server"])
async def test_erasing_does_not_change_the_verdict_on_somebody_elses_order(
    stage: Stage, erasure: ErasureStore, way: str
) -> None:
    """The erased video failed and was refunded while the other order was charged: the balance alone looks untouched."""
    await stage.guilds.ensure(GUILD, Credits(100))
    await stage.ledger.grant(ELSEWHERE, Credits(100), actor=OPERATOR, reason="a start")
    failed = await told(stage, await stage.advance(await stage.accept(), JobState.PROCESSING, used=15))
    stage.clock.move(timedelta(hours=1))
    observed = [Observation(985, stage.clock.now(), stage.clock.now())]
    stage.clock.move(timedelta(minutes=1))
    unanswered = await stage.accept(request=replace(a_request("a dog", requester_id=OTHER), guild_id=ELSEWHERE))
    unanswered = await stage.advance(unanswered, JobState.SUBMITTING)
    moved = await stage.jobs.move(unanswered.id, JobState.SUBMITTING, JobState.UNCONFIRMED)
    assert moved is not None
    await stage.jobs.move(failed.id, JobState.PROCESSING, JobState.FAILED, failure=Failure.GENERATION_FAILED)
    for _ in range(3):
        stage.clock.move(timedelta(hours=1))
        observed.append(Observation(985, stage.clock.now(), stage.clock.now()))
    assert await _verdict(stage, moved, observed) is None

    if way == "member":
        assert await erasure.erase_member(GUILD, MEMBER) == Erased(1)
    else:
        await stage.guilds.mark_left(GUILD)
        assert await forget(erasure, stage.clock.now() + MONTH) == [GUILD]

    assert await _verdict(stage, moved, observed) is None


async def _verdict(stage: Stage, doubtful: Job, observed: list[Observation]) -> Verdict | None:
    jobs = await AccountObservations(database=stage.database).orders_since(observed[0].asked_at)
    orders = {job.id: order for job in jobs if (order := order_of(job, {})) is not None}
    return verdict_on(orders[doubtful.id], orders.values(), observed)


async def test_erasing_keeps_what_the_books_and_the_evidence_rest_on(stage: Stage, erasure: ErasureStore) -> None:
    """Everything on which the verdict, the verification, the bill and the delivery are based."""
    await stage.grant(100)
    job = await completed(stage)

    await erasure.erase_member(GUILD, MEMBER)

    kept = await stage.jobs.get(job.id)
    assert kept is not None
    personal = {"spec", "source_media_id", "media_id", "video_url", "failure_detail"}
    for field in fields(Job):
        if field.name not in personal:
            assert getattr(kept, field.name) == getattr(job, field.name), field.name
    assert kept.generation_id == f"generation-{job.id}"
    assert replace(kept.spec, prompt=job.spec.prompt) == job.spec


async def test_a_server_that_comes_back_in_time_keeps_everything(stage: Stage, erasure: ErasureStore) -> None:
    await stage.guilds.ensure(GUILD, Credits(100))
    job = await completed(stage)
    await stage.guilds.mark_left(GUILD)
    stage.clock.move(MONTH / 2)
    await stage.guilds.ensure(GUILD, Credits(100))
    stage.clock.move(2 * MONTH)

    assert await forget(erasure, stage.clock.now() - MONTH) == []
    assert await stage.jobs.get(job.id) == job


@pytest.mark.parametrize("leaves_again", [False, True])
async def test_a_server_that_comes_back_at_the_last_moment_keeps_everything(
    stage: Stage, erasure: ErasureStore, monkeypatch: pytest.MonkeyPatch, leaves_again: bool
) -> None:
    """It returns between the check of what is due and the forgetting, or leaves again a moment later."""
    await stage.guilds.ensure(GUILD, Credits(100))
    job = await completed(stage)
    await _add_rules(stage)
    await stage.guilds.mark_left(GUILD)
    stage.clock.move(2 * MONTH)
    forget_one = erasure._forget

    async def returns_first(guild_id: GuildId, left_before: datetime) -> bool:
        await stage.guilds.ensure(guild_id, Credits(0))
        if leaves_again:
            await stage.guilds.mark_left(guild_id)
        return await forget_one(guild_id, left_before)

    monkeypatch.setattr(erasure, "_forget", returns_first)

    assert await erasure.forget_guilds([GUILD], stage.clock.now() - MONTH) == []

    assert await stage.jobs.get(job.id) == job
    assert await _count_rules(stage) > 0


async def test_a_server_that_comes_back_too_late_starts_anew_and_can_be_forgotten_again(
    stage: Stage, erasure: ErasureStore
) -> None:
    await stage.guilds.ensure(GUILD, Credits(100))
    for _ in range(2):
        await completed(stage)
        await stage.guilds.mark_left(GUILD)
        stage.clock.move(2 * MONTH)
        assert await forget(erasure, stage.clock.now() - MONTH) == [GUILD]
        await stage.guilds.ensure(GUILD, Credits(100))

    assert (await stage.ledger.balance(GUILD)).granted == 100
    async with stage.database.reader() as transaction:
        assert (await transaction.execute(select(guilds.c.forgotten_at))).scalar_one() is None


async def test_a_server_with_a_video_under_way_is_forgotten_later(stage: Stage, erasure: ErasureStore) -> None:
    await stage.guilds.ensure(GUILD, Credits(100))
    job = await stage.accept()
    await stage.guilds.mark_left(GUILD)
    stage.clock.move(2 * MONTH)
    assert await forget(erasure, stage.clock.now() - MONTH) == []

    await stage.jobs.move(job.id, JobState.QUEUED, JobState.FAILED)
    assert await forget(erasure, stage.clock.now() - MONTH) == [GUILD]


async def test_no_byte_of_what_was_erased_is_left_in_the_files(sqlite_files: SqliteFiles) -> None:
    """Prompts short, long and longer than a page, of two members in turn, some written twice, then erased."""
    url = await sqlite_files.migrated()
    database = Database(url)
    stage = a_stage(database)
    chance = random.Random(1)
    await stage.grant(10**6)
    for number in range(25):
        padding = " very" * chance.choice([0, 5, 60, 490])
        await completed(stage, f"{CANARY} {number}{padding}")
        await completed(stage, f"a dog {number}{padding}", OTHER)
    assert CANARY.encode() in _bytes_of(url)

    erased = await ErasureStore(database=database, clock=stage.clock).erase_member(GUILD, MEMBER)

    assert erased == Erased(25)
    assert CANARY.encode() not in _bytes_of(url)
    assert len(await stage.jobs.latest_of(GUILD, OTHER, 100)) == 25
    await database.close()


async def test_a_reader_of_an_older_moment_only_delays_the_emptying_of_the_log(sqlite_files: SqliteFiles) -> None:
    url = await sqlite_files.migrated()
    database = Database(url)
    stage = a_stage(database)
    await stage.grant(1)
    async with database.reader() as transaction:
        await transaction.execute(select(guilds))
        await stage.grant(1)
        assert not await database.empty_log()
    assert await database.empty_log()
    assert not _log_of(url).exists() or _log_of(url).stat().st_size == 0
    await database.close()


async def _add_rules(stage: Stage) -> None:
    common = {"guild_id": GUILD, "set_by": "user:1", "set_at": stage.clock.now()}
    async with stage.database.writer() as transaction:
        await transaction.execute(insert(guild_options), {"name": "model", "value": f'"{CANARY}"', **common})
        target = {"target_kind": "everyone", "target_id": 0, "period": "day", "credits": 5}
        await transaction.execute(insert(quotas), {**target, **common})


async def _count_rules(stage: Stage) -> int:
    async with stage.database.reader() as transaction:
        tables = (guild_options, quotas)
        return sum([len((await transaction.execute(select(table.c.guild_id))).all()) for table in tables])


def _bytes_of(url: str) -> bytes:
    path = Path(str(make_url(url).database))
    return path.read_bytes() + (_log_of(url).read_bytes() if _log_of(url).exists() else b"")


def _log_of(url: str) -> Path:
    return Path(f"{make_url(url).database}-wal")


async def forget(erasure: ErasureStore, left_before: datetime) -> Sequence[GuildId]:
    """Forget what is due; returns those guilds."""
    return await erasure.forget_guilds(await erasure.forgettable(left_before), left_before)
