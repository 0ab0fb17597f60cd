"""A server's rules: set, replaced, cleared and audited, and what they leave to a member."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from bot.domain.actor import OPERATOR, by_user
from bot.domain.audit import AuditAction
from bot.domain.identifiers import Credits, GuildId, RoleId
from bot.domain.quota import EVERYONE, LARGEST_QUOTA, Period, Rule, Target, TargetKind
from storage.audit import AuditStore
from storage.quotas import QuotaStore
from tests.storage.stage import GUILD, MEMBER, Stage

ROLE = Target(TargetKind.ROLE, 2**62 + 7)
MIA = Target(TargetKind.MEMBER, MEMBER)
PRICE = 15


async def _rule(
    quotas: QuotaStore, amount: int, *, target: Target = EVERYONE, period: Period = Period.DAY
) -> Rule | None:
    return await quotas.put(GUILD, Rule(target, period, Credits(amount)), actor=OPERATOR)


async def test_a_rule_is_kept_replaced_and_cleared(quotas: QuotaStore) -> None:
    first = await _rule(quotas, 20)
    second = await _rule(quotas, LARGEST_QUOTA)
    await _rule(quotas, 0, period=Period.MONTH)
    await _rule(quotas, 7, target=MIA)

    assert (first, second) == (None, Rule(EVERYONE, Period.DAY, Credits(20)))
    rules = await quotas.rules(GUILD)
    assert [(rule.target, rule.period, rule.credits) for rule in rules] == [
        (EVERYONE, Period.DAY, LARGEST_QUOTA),
        (EVERYONE, Period.MONTH, 0),
        (MIA, Period.DAY, 7),
    ]
    assert await quotas.clear(GUILD, EVERYONE, Period.WEEK, actor=OPERATOR) == []
    assert await quotas.clear(GUILD, EVERYONE, Period.MONTH, actor=OPERATOR) == [rules[1]]
    assert await quotas.clear(GUILD, MIA, actor=OPERATOR) == [rules[2]]
    assert await quotas.rules(GUILD) == [rules[0]]


async def test_every_change_of_a_rule_stands_in_the_audit_trail(stage: Stage, quotas: QuotaStore) -> None:
    rule = Rule(ROLE, Period.DAY, Credits(20))
    for again in (rule, replace(rule, credits=Credits(50)), replace(rule, credits=Credits(50))):
        await quotas.put(GUILD, again, actor=by_user(7))
    for _ in range(2):
        await quotas.clear(GUILD, ROLE, actor=OPERATOR)

    entries = await AuditStore(database=stage.database, clock=stage.clock).entries(GUILD)
    actions = [entry for entry in entries if entry.action in (AuditAction.QUOTA_SET, AuditAction.QUOTA_CLEARED)]
    assert [(entry.action, entry.actor, entry.details["before"], entry.details["after"]) for entry in actions] == [
        (AuditAction.QUOTA_CLEARED, "operator", "50 credits a day", None),
        (AuditAction.QUOTA_SET, "user:7", "20 credits a day", "50 credits a day"),
        (AuditAction.QUOTA_SET, "user:7", None, "20 credits a day"),
    ]
    assert {entry.details["for"] for entry in actions} == {ROLE.notation}


async def test_two_admins_at_once_leave_one_rule(quotas: QuotaStore) -> None:
    before = await asyncio.gather(*(_rule(quotas, amount) for amount in range(20)))

    (kept,) = await quotas.rules(GUILD)
    replaced = [rule.credits for rule in before if rule is not None]
    assert sorted([*replaced, kept.credits]) == list(range(20))


async def test_a_server_that_the_bot_has_not_met_can_have_rules(stage: Stage, quotas: QuotaStore) -> None:
    newcomer = GuildId(5)
    await quotas.put(newcomer, Rule(EVERYONE, Period.DAY, Credits(1)), actor=OPERATOR)

    assert len(await quotas.rules(newcomer)) == 1
    assert await stage.guilds.ensure(newcomer, Credits(3)), "its starting credits still come with the first meeting"


async def test_the_allowances_of_a_member_are_those_of_their_roles(stage: Stage, quotas: QuotaStore) -> None:
    await _rule(quotas, 100, period=Period.MONTH)
    await _rule(quotas, 30, target=ROLE, period=Period.WEEK)
    await stage.accept(PRICE)

    day, month = await quotas.allowances(GUILD, MEMBER, frozenset({RoleId(ROLE.id)}))

    assert (day.rule.target, day.used, day.left) == (ROLE, PRICE, 15)
    assert day.resets_at == datetime(2026, 3, 2, tzinfo=UTC)
    assert (month.rule.target, month.left) == (EVERYONE, 85)
    assert [allowance.rule for allowance in await quotas.allowances(GUILD, MEMBER, frozenset())] == [month.rule]
    assert await quotas.allowances(GuildId(1), MEMBER, frozenset()) == []
