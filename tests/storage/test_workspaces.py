"""A guild's own PowerPost account: one active link, and keys stored only as long as they are needed."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.identifiers import Credits, GuildId, InteractionId, LinkId, UserId
from bot.domain.job import JobState
from bot.domain.ledger import Pool
from bot.domain.workspace import Link
from bot.errors import AccountUnusable
from storage.workspaces import WorkspaceStore
from tests.storage.stage import GUILD, MEMBER, Stage, a_request

ADMIN = UserId(7)


@pytest.fixture
def workspaces(stage: Stage) -> WorkspaceStore:
    return WorkspaceStore(database=stage.database, clock=stage.clock)


async def link(workspaces: WorkspaceStore, workspace_id: str = "studio", key: bytes = b"sealed") -> Link:
    return await workspaces.link(GUILD, workspace_id, key, ADMIN)


async def test_a_link_is_found_by_its_guild_and_by_its_id(stage: Stage, workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)

    assert await workspaces.active(GUILD) == await workspaces.get(linked.id) == linked
    assert (linked.workspace_id, linked.encrypted_key, linked.linked_by) == ("studio", b"sealed", ADMIN)
    assert linked.linked_at == stage.clock.now()
    assert linked.is_active
    assert await workspaces.active(GuildId(1)) is None


async def test_another_workspace_ends_the_link_before_it(stage: Stage, workspaces: WorkspaceStore) -> None:
    first = await link(workspaces)
    second = await link(workspaces, "another")

    assert await workspaces.active(GUILD) == second
    ended = await workspaces.get(first.id)
    assert ended is not None
    assert (ended.unlinked_at, ended.encrypted_key) == (stage.clock.now(), None)


async def test_the_same_workspace_linked_anew_keeps_its_jobs_and_gets_the_new_key(workspaces: WorkspaceStore) -> None:
    first = await link(workspaces)
    await workspaces.mark_refused(first)

    again = await link(workspaces, key=b"new")

    assert (again.id, again.encrypted_key, again.refused_at) == (first.id, b"new", None)


async def test_links_made_at_the_same_time_leave_one(workspaces: WorkspaceStore) -> None:
    made = await asyncio.gather(*(link(workspaces, f"workspace {number}") for number in range(8)))

    found = [await workspaces.get(one.id) for one in made]
    assert sum(one is not None and one.is_active for one in found) == 1


async def test_unlinking_forgets_the_key_at_once_when_nothing_is_under_way(workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)

    assert await workspaces.unlink(GUILD, LinkId(linked.id + 1)) is None
    assert await workspaces.unlink(GUILD, linked.id) == linked
    assert await workspaces.unlink(GUILD, linked.id) is None

    ended = await workspaces.get(linked.id)
    assert ended is not None
    assert (ended.is_active, ended.encrypted_key) == (False, None)


async def test_the_key_of_an_unlinked_account_goes_with_its_last_job(stage: Stage, workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)
    requests = [replace(a_request(link_id=linked.id), interaction_id=InteractionId(number)) for number in (1, 2)]
    first, last = [await stage.accept(request=request) for request in requests]
    await workspaces.unlink(GUILD, linked.id)

    await stage.jobs.move(first.id, JobState.QUEUED, JobState.CANCELLED)
    assert [one.id for one in await workspaces.with_keys()] == [linked.id]
    await stage.jobs.move(last.id, JobState.QUEUED, JobState.CANCELLED)

    assert await workspaces.with_keys() == []


async def test_the_key_of_an_account_in_use_stays_when_a_job_ends(stage: Stage, workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)
    job = await stage.accept(request=a_request(link_id=linked.id))

    await stage.jobs.move(job.id, JobState.QUEUED, JobState.CANCELLED)

    assert [one.id for one in await workspaces.with_keys()] == [linked.id]


async def test_a_job_under_way_keeps_the_key_until_it_has_ended(stage: Stage, workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)
    job = await stage.accept(request=a_request(link_id=linked.id))
    await workspaces.unlink(GUILD, linked.id)

    assert [one.id for one in await workspaces.with_keys()] == [linked.id]
    assert await workspaces.drop_unneeded_keys() == []

    await stage.advance(job, JobState.COMPLETED)
    assert await workspaces.with_keys() == []
    assert await workspaces.with_keys() == []
    assert await stage.ledger.verify() == []


@pytest.mark.parametrize("state", [state for state in JobState if not state.is_final])
async def test_the_key_is_kept_in_every_state_of_a_job_that_is_not_its_last(
    stage: Stage, workspaces: WorkspaceStore, state: JobState
) -> None:
    linked = await link(workspaces)
    job = await stage.accept(request=a_request(link_id=linked.id))
    if state is JobState.UNCONFIRMED:
        job = await stage.advance(job, JobState.SUBMITTING)
        assert await stage.jobs.move(job.id, JobState.SUBMITTING, state) is not None
    else:
        await stage.advance(job, state)
    await workspaces.unlink(GUILD, linked.id)

    assert await workspaces.drop_unneeded_keys() == []
    assert [one.encrypted_key for one in await workspaces.with_keys()] == [b"sealed"]


async def test_a_request_for_a_link_that_ended_meanwhile_is_refused_whole(
    stage: Stage, workspaces: WorkspaceStore
) -> None:
    linked = await link(workspaces)
    await workspaces.unlink(GUILD, linked.id)

    with pytest.raises(AccountUnusable, match="Nothing was spent"):
        await stage.accept(request=a_request(link_id=linked.id))

    assert await stage.jobs.in_states(*JobState) == []
    assert (await stage.ledger.balance(GUILD, Pool.LINKED)).reserved == 0


async def test_requests_and_an_unlink_at_the_same_time_leave_no_job_without_its_key(
    stage: Stage, workspaces: WorkspaceStore
) -> None:
    linked = await link(workspaces)
    requests = (stage.accept(request=a_request(link_id=linked.id)) for _ in range(10))
    await asyncio.gather(*requests, workspaces.unlink(GUILD, linked.id), return_exceptions=True)

    accepted = await stage.jobs.in_states(JobState.QUEUED)
    kept = await workspaces.with_keys()
    assert bool(kept) == bool(accepted)


async def test_a_refusal_is_noted_once(stage: Stage, workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)
    answers = await asyncio.gather(*(workspaces.mark_refused(linked) for _ in range(5)))

    assert answers.count(True) == 1
    with pytest.raises(AccountUnusable):
        await stage.accept(request=a_request(link_id=linked.id))


async def test_a_late_refusal_of_the_old_key_does_not_stain_the_new_one(workspaces: WorkspaceStore) -> None:
    old = await link(workspaces)
    await link(workspaces, key=b"new")

    assert not await workspaces.mark_refused(old)


async def test_a_key_is_replaced_only_while_it_is_the_one_that_was_read(workspaces: WorkspaceStore) -> None:
    read = await link(workspaces)
    assert await workspaces.replace_key(read, b"renewed")
    assert not await workspaces.replace_key(read, b"late")

    [kept] = await workspaces.with_keys()
    assert kept.encrypted_key == b"renewed"


async def test_what_a_linked_guild_spends_is_booked_without_any_grant(stage: Stage, workspaces: WorkspaceStore) -> None:
    linked = await link(workspaces)
    job = await stage.accept(20, a_request(link_id=linked.id))
    stage.clock.move(timedelta(minutes=1))
    await stage.advance(job, JobState.COMPLETED, used=15)

    assert (await stage.ledger.balance(GUILD, Pool.LINKED)).spent == 15
    assert (await stage.ledger.balance(GUILD)).spent == Credits(0)
    assert MEMBER != ADMIN
