"""What admins have set: stored, changed one after the other, and every change in the audit trail."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError

from bot.domain.actor import OPERATOR, by_user
from bot.domain.audit import AuditAction
from bot.domain.identifiers import ChannelId, Credits, UserId
from bot.domain.job import Job, JobState
from bot.domain.options import OPTIONS, AtOnce, Edit, GuildOptions, find_option
from bot.errors import InvalidSetting, StorageError, TooManyAtOnce
from storage.audit import AuditStore
from storage.options import OptionStore
from storage.tables import audit, guild_options
from tests.storage.stage import GUILD, MEMBER, Stage, a_request

CHANNELS = find_option("allowed_channels")
ADMIN = by_user(9)
SET = {
    "allowed_channels": frozenset({2**62, 2}),
    "allowed_roles": frozenset({3}),
    "blocked_members": frozenset({4, 5}),
    "default_model": "veo-3.1",
    "allowed_models": frozenset({"veo-3.1"}),
    "longest_duration": 4,
    "sound_allowed": False,
    "confirm_from": 20,
    "jobs_per_member": 1,
    "jobs_per_server": 2,
    "blocked_words": ("café", "猫"),
    "log_channel": ChannelId(7),
    "completion_mention": "off",
}


@pytest.fixture
def options(stage: Stage) -> OptionStore:
    return OptionStore(database=stage.database, clock=stage.clock)


@pytest.fixture
def trail(stage: Stage) -> AuditStore:
    return AuditStore(database=stage.database, clock=stage.clock)


async def test_a_guild_that_has_set_nothing_has_the_defaults(options: OptionStore) -> None:
    assert await options.of(GUILD) == GuildOptions()


async def test_every_option_is_kept_as_it_was_set(options: OptionStore) -> None:
    for option in OPTIONS:
        await options.change(GUILD, option, to(SET[option.name]), actor=ADMIN)

    assert await options.of(GUILD) == GuildOptions(**SET)  # type: ignore[arg-type]  # one dictionary for all types


async def test_a_change_says_in_the_audit_trail_what_was_before_and_after(
    stage: Stage, options: OptionStore, trail: AuditStore
) -> None:
    await options.change(GUILD, CHANNELS, to(frozenset({2})), actor=ADMIN)
    await options.change(GUILD, CHANNELS, to(frozenset({2})), actor=ADMIN)

    (entry,) = await trail.entries(GUILD)

    assert (entry.actor, entry.action, entry.at) == (ADMIN, AuditAction.SETTING_CHANGED, stage.clock.now())
    assert entry.details == {"setting": "Allowed channels", "before": "everywhere", "after": "<#2>"}


async def test_a_change_that_is_refused_leaves_neither_value_nor_trail(options: OptionStore, trail: AuditStore) -> None:
    await options.change(GUILD, find_option("longest_duration"), to(4), actor=ADMIN)

    with pytest.raises(InvalidSetting):
        await options.change(GUILD, find_option("allowed_models"), to(frozenset({"kling-3.0-pro"})), actor=ADMIN)

    assert await options.of(GUILD) == GuildOptions(longest_duration=4)
    assert len(await trail.entries(GUILD)) == 1


async def test_changes_at_the_same_time_all_count(options: OptionStore, trail: AuditStore) -> None:
    await asyncio.gather(*(options.change(GUILD, CHANNELS, adding(number), actor=ADMIN) for number in range(1, 21)))

    assert (await options.of(GUILD)).allowed_channels == frozenset(range(1, 21))
    assert len(await trail.entries(GUILD)) == 20


async def test_a_rule_that_cannot_be_read_is_an_error_and_not_a_default(stage: Stage, options: OptionStore) -> None:
    await options.change(GUILD, CHANNELS, to(frozenset({2})), actor=ADMIN)
    async with stage.database.writer() as transaction:
        await transaction.execute(update(guild_options).values(value="7"))

    with pytest.raises(StorageError, match="allowed_channels of this server cannot be read"):
        await options.of(GUILD)


async def test_the_audit_trail_is_append_only(stage: Stage, trail: AuditStore) -> None:
    await trail.write(GUILD, OPERATOR, AuditAction.CREDITS_GRANTED, {"credits": 5})

    for change in (update(audit).values(actor="nobody"), delete(audit)):
        with pytest.raises(IntegrityError, match="the audit is append-only"):
            async with stage.database.writer() as transaction:
                await transaction.execute(change)


async def test_a_action_waits_until_it_is_told(trail: AuditStore) -> None:
    first = await trail.write(GUILD, OPERATOR, AuditAction.CREDITS_GRANTED, {"credits": 5})
    second = await trail.write(GUILD, ADMIN, AuditAction.QUOTA_CLEARED, {"target": "everyone"})

    assert await trail.waiting(10) == [first, second]
    await trail.told(first)
    await trail.told(first)
    assert await trail.waiting(10) == [second]
    assert await trail.entries(GUILD) == [second, first]


async def test_a_place_is_free_again_when_a_video_is_ready_or_waits_for_nothing_but_a_word(stage: Stage) -> None:
    await stage.grant(1000)
    allowed = AtOnce(member=2)
    first, second = [await _accept(stage, allowed) for _ in range(2)]
    with pytest.raises(TooManyAtOnce, match="You have 2 videos in progress"):
        await _accept(stage, allowed)
    assert (await stage.ledger.balance(GUILD)).reserved == 30

    await stage.advance(first, JobState.DELIVERING)
    await _accept(stage, allowed)
    await stage.advance(second, JobState.SUBMITTING)
    await stage.jobs.move(second.id, JobState.SUBMITTING, JobState.UNCONFIRMED)
    await _accept(stage, allowed)


@pytest.mark.parametrize("allowed", [AtOnce(member=5), AtOnce(server=5), AtOnce(member=9, server=5)])
async def test_fifty_requests_at_once_never_take_more_places_than_there_are(stage: Stage, allowed: AtOnce) -> None:
    await stage.grant(10_000)

    outcomes = await asyncio.gather(*(_accept(stage, allowed) for _ in range(50)), return_exceptions=True)

    assert sum(isinstance(outcome, Job) for outcome in outcomes) == 5
    assert sum(isinstance(outcome, TooManyAtOnce) for outcome in outcomes) == 45
    assert (await stage.ledger.balance(GUILD)).reserved == 75


async def test_a_member_does_not_use_up_the_place_of_another(stage: Stage) -> None:
    await stage.grant(1000)
    await _accept(stage, AtOnce(member=1))

    await _accept(stage, AtOnce(member=1), UserId(MEMBER + 1))
    with pytest.raises(TooManyAtOnce, match="This server has 2 videos in progress"):
        await _accept(stage, AtOnce(server=2), UserId(MEMBER + 2))


def to(value: object) -> Edit:
    return lambda _: value


def adding(number: int) -> Edit:
    return lambda before: before | {number}


async def _accept(stage: Stage, allowed: AtOnce, member: UserId = MEMBER) -> Job:
    return await stage.jobs.accept(a_request(requester_id=member), Credits(15), allowed)
