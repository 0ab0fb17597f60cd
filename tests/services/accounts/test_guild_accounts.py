"""Which account a job goes to: the operator's or the server's own, kept for its life, with one budget a key."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import aiohttp
import pytest
from pydantic import SecretStr

from bot.domain.audit import AuditAction, Details
from bot.domain.identifiers import Credits, GuildId, InteractionId, LinkId, UserId
from bot.domain.job import Job, JobState
from bot.domain.request import VideoRequest, make_spec
from bot.domain.workspace import Link
from bot.errors import (
    AccessForbidden,
    AccountUnusable,
    DatabaseUnavailable,
    InsufficientScope,
    InvalidApiKey,
    NotFound,
    PowerPostUnreachable,
)
from bot.keyring import Keyring, new_key
from bot.powerpost.client import NO_GENERATION
from bot.powerpost.models import GenerateOrder
from bot.powerpost.opening import AccountOpener
from bot.services.accounts.guild_accounts import FORGET_KEYS_EVERY, GuildAccounts
from bot.services.accounts.linking import Workspaces
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from sandbox.powerpost import Account, Scope
from sandbox.powerpost.faults import Answer
from storage.workspaces import WorkspaceStore
from tests.services.stage import CHANNEL, GENERATE, GUILD, MEMBER, Stage, soon

ORDER = GenerateOrder(prompt="a cat", duration=5, model="kling-3.0-pro")
KEYS = Keyring([new_key()])


class TrailByHand:
    """Fits `ports.Audit`: remembers what it was told."""

    def __init__(self) -> None:
        self.told: asyncio.Queue[tuple[GuildId, str, AuditAction, Details]] = asyncio.Queue()

    async def record(self, guild_id: GuildId, actor: str, what: AuditAction, details: Details) -> None:
        self.told.put_nowait((guild_id, actor, what, details))


class FlakyLinks(WorkspaceStore):
    """The database is gone for as many reads as a test likes."""

    outages = 0

    async def get(self, link_id: LinkId) -> Link | None:
        if self.outages:
            self.outages -= 1
            raise DatabaseUnavailable("for a test")
        return await super().get(link_id)


class Studio:
    """A server's own account at PowerPost, and the accounts in use."""

    def __init__(self, stage: Stage, open_account: AccountOpener) -> None:
        self.stage = stage
        self.account: Account = stage.powerpost.add_account(credits=100)
        self.links = FlakyLinks(database=stage.database, clock=stage.clock)
        self.trail = TrailByHand()
        self.open_account = open_account
        self.accounts = self.restarted()

    def restarted(self, vault: Keyring = KEYS) -> GuildAccounts:
        return GuildAccounts(
            operator=self.stage.paying,
            links=self.links,
            vault=vault,
            open_account=self.open_account,
            audit=self.trail,
            clock=self.stage.clock,
        )

    async def link(self, key: str | None = None, guild_id: GuildId = GUILD) -> Link:
        sealed = KEYS.seal(guild_id, SecretStr(key or self.account.api_key))
        return await self.links.link(guild_id, self.account.workspace_id, sealed, MEMBER)


@pytest.fixture
async def studio(stage: Stage, session: aiohttp.ClientSession) -> AsyncIterator[Studio]:
    base_url = stage.powerpost.base_url
    async with Fetcher(reachable=Reachable.of(own=base_url)) as fetcher:
        yield Studio(stage, AccountOpener(session=session, fetcher=fetcher, base_url=base_url, clock=stage.clock))


async def test_a_server_without_a_link_draws_on_the_operators_account(studio: Studio) -> None:
    assert await studio.accounts.account_of(GUILD) is None
    assert studio.accounts.of(None) is studio.stage.paying


async def test_a_linked_servers_orders_are_paid_by_its_own_account(studio: Studio) -> None:
    link = await studio.link()

    assert await studio.accounts.account_of(GUILD) == link.id
    paying = studio.accounts.of(link.id)
    await paying.turn_to_order()
    await paying.generate(ORDER)

    assert studio.account.balance == await paying.credits() == 85
    assert studio.stage.account.balance == 1000


async def test_a_key_leaves_memory_soon_after_it_was_unlinked_and_not_before(studio: Studio) -> None:
    link, other = await studio.link(), await studio.link(guild_id=GuildId(101))
    kept = await studio.stage.jobs.accept(
        VideoRequest(GuildId(101), CHANNEL, MEMBER, InteractionId(1), make_spec(prompt="a cat"), link_id=other.id),
        Credits(15),
    )
    for one in (link, other):
        await studio.accounts.of(one.id).credits()
        await studio.links.unlink(one.guild_id, one.id)
    forgetting = asyncio.create_task(studio.accounts.forget_keys())

    await _sweep(studio)
    assert set(studio.accounts._linked) == {other.id}
    await studio.stage.jobs.move(kept.id, JobState.QUEUED, JobState.CANCELLED)
    await _sweep(studio)
    assert studio.accounts._linked == {}

    forgetting.cancel()
    await asyncio.wait({forgetting})


def workspaces_of(studio: Studio) -> Workspaces:
    return Workspaces(
        links=studio.links, accounts=studio.accounts, vault=KEYS, open_account=studio.open_account, audit=studio.trail
    )


async def test_unlinking_drops_the_key_from_memory_at_once(studio: Studio) -> None:
    workspaces = workspaces_of(studio)
    key, workspace = SecretStr(studio.account.api_key), UUID(studio.account.workspace_id)
    status = await workspaces.link(GUILD, MEMBER, key, workspace)
    await workspaces.status(GUILD)
    assert set(studio.accounts._linked) == {status.link.id}

    await workspaces.unlink(GUILD, MEMBER, status.link.id)

    assert studio.accounts._linked == {}


async def test_linking_anew_opens_the_account_with_the_new_key_from_the_first_call_on(studio: Studio) -> None:
    workspaces, account = workspaces_of(studio), studio.account
    workspace = UUID(account.workspace_id)
    await workspaces.link(GUILD, MEMBER, SecretStr(account.api_key), workspace)
    await workspaces.status(GUILD)

    renewed = await workspaces.link(GUILD, MEMBER, SecretStr(account.replace_key()), workspace)

    assert await studio.accounts.of(renewed.link.id).credits() == account.balance


async def test_linking_another_account_drops_the_one_before_from_memory_at_once(studio: Studio) -> None:
    workspaces, other = workspaces_of(studio), studio.stage.powerpost.add_account(credits=50)
    first = await workspaces.link(GUILD, MEMBER, SecretStr(studio.account.api_key), UUID(studio.account.workspace_id))
    await workspaces.status(GUILD)
    assert set(studio.accounts._linked) == {first.link.id}

    await workspaces.link(GUILD, MEMBER, SecretStr(other.api_key), UUID(other.workspace_id))

    assert studio.accounts._linked == {}


async def test_a_key_that_powerpost_does_not_take_is_not_stored_and_the_account_before_stays(studio: Studio) -> None:
    workspaces, account = workspaces_of(studio), studio.account
    workspace = UUID(account.workspace_id)
    unknown = SecretStr(f"{account.api_key[:-8]}unproven")
    with pytest.raises(InvalidApiKey):
        await workspaces.link(GUILD, MEMBER, unknown, workspace)
    assert await studio.links.with_keys() == []
    linked = await workspaces.link(GUILD, MEMBER, SecretStr(account.api_key), workspace)

    with pytest.raises(InvalidApiKey):
        await workspaces.link(GUILD, MEMBER, unknown, workspace)

    assert await studio.links.with_keys() == [linked.link]
    assert await studio.accounts.of(linked.link.id).credits() == account.balance


async def _sweep(studio: Studio) -> None:
    """One round of forgetting."""
    await studio.stage.clock.next_sleeper()
    studio.stage.clock.move(FORGET_KEYS_EVERY)
    await studio.stage.clock.next_sleeper()


async def test_an_account_is_opened_once_and_looks_are_spaced_from_then_on(studio: Studio) -> None:
    link = await studio.link()
    paying = studio.accounts.of(link.id)

    assert paying is studio.accounts.of(link.id)
    assert paying.wait_for_look() == timedelta(0)
    paying.take_look()
    with pytest.raises(NotFound):
        await paying.generation(NO_GENERATION)
    paying.take_look()
    assert paying.wait_for_look() > timedelta(seconds=1)


async def test_servers_that_share_a_key_share_its_budget(studio: Studio) -> None:
    first, second = await studio.link(), await studio.link(guild_id=GuildId(101))

    for _ in range(30):
        await studio.accounts.of(first.id).credits()
    turn = asyncio.create_task(studio.accounts.of(second.id).turn_to_order())

    assert await studio.stage.clock.next_sleeper() > timedelta(seconds=10)
    turn.cancel()
    await asyncio.wait({turn})


async def test_jobs_in_flight_keep_their_account_while_the_key_is_kept(studio: Studio) -> None:
    link = await studio.link()
    paying = studio.accounts.of(link.id)
    generation = await paying.generate(ORDER)
    await studio.links.unlink(GUILD, link.id)

    assert await studio.accounts.account_of(GUILD) is None
    assert (await paying.generation(generation.id)).id == generation.id


async def test_a_video_on_its_way_to_its_member_can_still_be_asked_about_and_then_nothing_is_held(
    studio: Studio,
) -> None:
    """Its signed links expire: whoever delivers asks PowerPost for fresh ones, with the key of then."""
    link = await studio.link()
    job = await _delivering(studio, link.id)
    await studio.links.unlink(GUILD, link.id)

    studio.accounts.forget(await studio.links.drop_unneeded_keys())
    for accounts in (studio.accounts, studio.restarted()):
        assert (await accounts.of(link.id).generation(job.generation_id or "")).id == job.generation_id

    await studio.stage.move(job, JobState.DELIVERING, JobState.COMPLETED)
    forgetting = asyncio.create_task(studio.accounts.forget_keys())
    await _sweep(studio)
    forgetting.cancel()
    await asyncio.wait({forgetting})
    with pytest.raises(InvalidApiKey, match="was unlinked"):
        await studio.accounts.of(link.id).generation(job.generation_id or "")


async def test_an_ended_link_without_a_key_is_a_clear_refusal(studio: Studio) -> None:
    link = await studio.link()
    await studio.links.unlink(GUILD, link.id)
    paying = studio.restarted().of(link.id)

    await paying.turn_to_order()
    with pytest.raises(InvalidApiKey, match="was unlinked"):
        await paying.generate(ORDER)


async def test_a_withdrawn_key_is_told_once_and_refuses_members_before_anything_is_held(studio: Studio) -> None:
    link = await studio.link()
    telling = asyncio.create_task(studio.accounts.run())
    studio.account.replace_key()

    paying = studio.accounts.of(link.id)
    for _ in range(3):
        with pytest.raises(InvalidApiKey):
            await paying.generate(ORDER)
    async with soon():
        guild, actor, action, details = await studio.trail.told.get()

    assert (guild, actor, action) == (GUILD, "bot", AuditAction.WORKSPACE_REFUSED)
    assert details == {"workspace": link.workspace_id, "reason": "Invalid or missing API key"}
    with pytest.raises(AccountUnusable, match="/workspace link"):
        await studio.accounts.account_of(GUILD)
    assert studio.trail.told.empty()
    telling.cancel()
    await asyncio.wait({telling})


async def test_a_new_key_for_the_same_workspace_makes_everything_go_on(studio: Studio) -> None:
    link = await studio.link()
    paying = studio.accounts.of(link.id)
    await paying.credits()
    new_api_key = studio.account.replace_key()
    with pytest.raises(InvalidApiKey):
        await paying.credits()

    await studio.link(new_api_key)

    assert await paying.credits() == 100
    assert await studio.accounts.account_of(GUILD) == link.id


async def test_a_lost_scope_and_a_lost_workspace_are_refusals_of_the_key(studio: Studio) -> None:
    link = await studio.link()
    paying = studio.accounts.of(link.id)
    studio.account.scopes = frozenset({Scope.VIDEOS_READ})
    with pytest.raises(InsufficientScope):
        await paying.generate(ORDER)
    studio.account.workspace_ids.clear()
    with pytest.raises(AccessForbidden):
        await paying.generation(NO_GENERATION)

    assert studio.accounts._refusals.qsize() == 2


async def test_a_page_in_between_that_says_no_is_not_powerposts_word(studio: Studio) -> None:
    link = await studio.link()
    studio.stage.powerpost.faults.add(GENERATE, Answer(403, "<html>blocked</html>"))

    with pytest.raises(AccessForbidden):
        await studio.accounts.of(link.id).generate(ORDER)

    assert studio.accounts._refusals.empty()


async def test_a_key_that_cannot_be_read_refuses_until_the_encryption_key_is_back(studio: Studio) -> None:
    link = await studio.link()
    lost = studio.restarted(Keyring([new_key()]))

    with pytest.raises(AccountUnusable, match="put the bot's encryption key back"):
        await lost.account_of(GUILD)
    with pytest.raises(InvalidApiKey, match="cannot be read"):
        await lost.of(link.id).generate(ORDER)

    assert await studio.restarted().account_of(GUILD) == link.id
    assert await studio.stage.orders_made() == 0


async def test_a_row_swapped_with_another_servers_is_refused(studio: Studio) -> None:
    """Whoever can write into the database still cannot make one server pay for another."""
    await studio.link()
    stolen = await studio.links.active(GUILD)
    assert stolen is not None
    thief = await studio.links.link(GuildId(666), stolen.workspace_id, stolen.encrypted_key or b"", UserId(666))

    with pytest.raises(AccountUnusable, match="cannot be read"):
        await studio.accounts.account_of(GuildId(666))
    with pytest.raises(InvalidApiKey):
        await studio.accounts.of(thief.id).generate(ORDER)
    assert studio.account.balance == 100


async def test_a_database_that_is_away_holds_the_order_back_before_it_leaves(studio: Studio) -> None:
    link = await studio.link()
    studio.links.outages = 1
    with pytest.raises(PowerPostUnreachable):
        await studio.accounts.of(link.id).generate(ORDER)
    studio.links.outages = 2

    await studio.stage.clock.hurry(studio.accounts.of(link.id).turn_to_order())

    assert studio.links.outages == 0
    assert await studio.stage.orders_made() == 0


async def _delivering(studio: Studio, link_id: LinkId) -> Job:
    request = VideoRequest(GUILD, CHANNEL, MEMBER, InteractionId(400), make_spec(prompt="a cat"), link_id=link_id)
    job = await studio.stage.jobs.accept(request, Credits(15))
    generation = await studio.accounts.of(link_id).generate(ORDER)
    await studio.stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    steps = (JobState.SUBMITTING, JobState.PROCESSING), (JobState.PROCESSING, JobState.DELIVERING)
    for start, end in steps:
        moved = await studio.stage.jobs.move(job.id, start, end, generation_id=generation.id)
        assert moved is not None
        job = moved
    return job
