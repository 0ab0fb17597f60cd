"""Quotas being used up: counted as jobs come and go, and never shared by simultaneous requests."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import Credits, GuildId, RoleId, UserId
from bot.domain.job import JobState
from bot.domain.quota import EVERYONE, LARGEST_QUOTA, Period, Rule, Target, TargetKind
from bot.domain.request import VideoRequest
from bot.errors import InsufficientCredits, QuotaExceeded
from storage.quotas import QuotaStore
from tests.storage.stage import GUILD, MEMBER, Stage, a_request

LEO = UserId(2**61 + 2)
ROLE = Target(TargetKind.ROLE, 2**62 + 7)
MIA = Target(TargetKind.MEMBER, MEMBER)
PRICE = 15


async def _rule(
    quotas: QuotaStore, amount: int, *, target: Target = EVERYONE, period: Period = Period.DAY
) -> Rule | None:
    return await quotas.put(GUILD, Rule(target, period, Credits(amount)), actor=OPERATOR)


async def _used(quotas: QuotaStore, period: Period = Period.DAY) -> int:
    return (await quotas.usage(GUILD)).get(MEMBER, {}).get(period, Credits(0))


def _with_role(request: VideoRequest) -> VideoRequest:
    return replace(request, role_ids=frozenset({RoleId(ROLE.id)}))


async def test_a_video_over_the_quota_is_refused_with_the_rule_and_nothing_is_held(
    stage: Stage, quotas: QuotaStore
) -> None:
    await _rule(quotas, 20)
    await stage.accept(PRICE)

    with pytest.raises(QuotaExceeded) as refused:
        await stage.accept(PRICE)

    against = refused.value.allowance
    assert (against.rule, against.left) == (Rule(EVERYONE, Period.DAY, Credits(20)), 5)
    assert against.resets_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert (await stage.ledger.balance(GUILD)).reserved == PRICE
    assert len(await stage.jobs.in_states(*JobState)) == 1


async def test_each_member_has_the_quota_for_everyone_by_themselves(stage: Stage, quotas: QuotaStore) -> None:
    await _rule(quotas, PRICE)

    await stage.accept(PRICE)
    await stage.accept(PRICE, a_request(requester_id=LEO))

    assert set(await quotas.usage(GUILD)) == {MEMBER, LEO}


async def test_a_role_is_given_more_than_everyone_and_a_member_is_an_exception_to_both(
    stage: Stage, quotas: QuotaStore
) -> None:
    await _rule(quotas, 0)
    await _rule(quotas, PRICE, target=ROLE)
    await _rule(quotas, 0, target=Target(TargetKind.MEMBER, LEO))

    await stage.accept(PRICE, _with_role(a_request()))

    for request in (a_request(), _with_role(a_request(requester_id=LEO)), _with_role(a_request())):
        with pytest.raises(QuotaExceeded):
            await stage.accept(PRICE, request)


async def test_a_job_that_fails_or_is_cancelled_gives_the_quota_back(stage: Stage, quotas: QuotaStore) -> None:
    await _rule(quotas, PRICE)
    for end in (JobState.FAILED, JobState.CANCELLED):
        job = await stage.accept(PRICE)
        assert await _used(quotas) == PRICE
        await stage.jobs.move(job.id, JobState.QUEUED, end)
        assert await _used(quotas) == 0

    await stage.accept(PRICE)


async def test_the_real_price_counts_once_it_is_known(stage: Stage, quotas: QuotaStore) -> None:
    await _rule(quotas, 40)
    dearer, cheaper = await stage.accept(PRICE), await stage.accept(PRICE)

    await stage.advance(dearer, JobState.PROCESSING, used=20)
    assert await _used(quotas) == 20 + PRICE
    await stage.advance(cheaper, JobState.COMPLETED, used=10)
    assert await _used(quotas) == 20 + 10

    with pytest.raises(QuotaExceeded) as refused:
        await stage.accept(11)
    assert refused.value.allowance.left == 10


async def test_a_job_that_powerpost_has_not_confirmed_still_counts(stage: Stage, quotas: QuotaStore) -> None:
    job = await stage.advance(await stage.accept(PRICE), JobState.SUBMITTING)
    await stage.jobs.move(job.id, JobState.SUBMITTING, JobState.UNCONFIRMED)

    assert await _used(quotas) == PRICE


@pytest.mark.parametrize(
    ("period", "last_moment"),
    [
        (Period.DAY, "2026-03-11T23:59:59.999999"),
        (Period.DAY, "2028-02-28T23:59:59.999999"),
        (Period.WEEK, "2026-03-15T23:59:59.999999"),
        (Period.WEEK, "2027-01-03T23:59:59.999999"),
        (Period.MONTH, "2026-03-31T23:59:59.999999"),
        (Period.MONTH, "2028-02-29T23:59:59.999999"),
        (Period.MONTH, "2026-12-31T23:59:59.999999"),
    ],
)
async def test_a_quota_is_used_up_until_the_last_moment_and_new_in_the_next(
    stage: Stage, quotas: QuotaStore, period: Period, last_moment: str
) -> None:
    await _rule(quotas, PRICE, period=period)
    end = datetime.fromisoformat(last_moment).replace(tzinfo=UTC)
    stage.clock.move(end - timedelta(hours=20) - stage.clock.now())
    await stage.accept(PRICE)

    stage.clock.move(end - stage.clock.now())
    with pytest.raises(QuotaExceeded) as refused:
        await stage.accept(PRICE)
    assert refused.value.allowance.resets_at == end + timedelta(microseconds=1)

    stage.clock.move(timedelta(microseconds=1))
    assert await _used(quotas, period) == 0
    await stage.accept(PRICE)


async def test_a_job_counts_for_the_window_in_which_it_was_asked_for(stage: Stage, quotas: QuotaStore) -> None:
    """However late it ends."""
    job = await stage.accept(PRICE)
    stage.clock.move(timedelta(days=1))

    await stage.advance(job, JobState.COMPLETED, used=PRICE)

    assert (await _used(quotas, Period.DAY), await _used(quotas, Period.MONTH)) == (0, PRICE)


async def test_fifty_requests_at_once_against_a_quota_for_five(stage: Stage, quotas: QuotaStore) -> None:
    await _rule(quotas, 5 * PRICE)

    answers = await asyncio.gather(*(stage.accept(PRICE) for _ in range(50)), return_exceptions=True)

    refusals = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(refusal, QuotaExceeded) for refusal in refusals), refusals
    assert len(refusals) == 45
    assert (await stage.ledger.balance(GUILD)).reserved == 5 * PRICE
    assert await stage.ledger.verify() == []


async def test_requests_on_two_accounts_at_once_share_one_quota(stage: Stage, quotas: QuotaStore) -> None:
    """While an admin links the server's own account, requests on the granted credits may still be on their way."""
    await _rule(quotas, 5 * PRICE)
    link_id = await stage.link()
    requests = [a_request(link_id=link_id if number % 2 else None) for number in range(50)]

    answers = await asyncio.gather(*(stage.accept(PRICE, request) for request in requests), return_exceptions=True)

    assert sum(not isinstance(answer, BaseException) for answer in answers) == 5
    assert await _used(quotas) == 5 * PRICE


async def test_a_rule_that_comes_among_requests_counts_those_before_it(stage: Stage, quotas: QuotaStore) -> None:
    requests = [stage.accept(PRICE) for _ in range(20)]
    answers = await asyncio.gather(*requests[:10], _rule(quotas, 3 * PRICE), *requests[10:], return_exceptions=True)

    refusals = [answer for answer in answers if isinstance(answer, BaseException)]
    assert all(isinstance(refusal, QuotaExceeded) for refusal in refusals), refusals
    assert await _used(quotas) == (20 - len(refusals)) * PRICE >= 3 * PRICE
    with pytest.raises(QuotaExceeded):
        await stage.accept(PRICE)


async def test_rules_of_one_server_are_nothing_to_another(stage: Stage, quotas: QuotaStore) -> None:
    other = GuildId(77)
    await stage.ledger.grant(other, Credits(100), actor=OPERATOR, reason="a start")
    await _rule(quotas, 0)

    await stage.accept(PRICE, replace(a_request(), guild_id=other))

    assert await quotas.usage(GUILD) == {}


async def test_what_a_member_uses_in_one_server_is_not_missing_in_another(stage: Stage, quotas: QuotaStore) -> None:
    other = GuildId(77)
    await stage.ledger.grant(other, Credits(100), actor=OPERATOR, reason="a start")
    await _rule(quotas, PRICE)
    await stage.accept(PRICE, replace(a_request(), guild_id=other))

    await stage.accept(PRICE)

    with pytest.raises(QuotaExceeded):
        await stage.accept(PRICE)


async def test_a_quota_gives_no_credits_that_the_server_does_not_have(stage: Stage, quotas: QuotaStore) -> None:
    await _rule(quotas, LARGEST_QUOTA)

    with pytest.raises(InsufficientCredits):
        await stage.accept(10_001)
