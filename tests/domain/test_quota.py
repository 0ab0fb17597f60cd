"""Quotas: where days, weeks and months end, whose rule binds, and what stands against a video."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.identifiers import Credits, RoleId, UserId
from bot.domain.quota import (
    EVERYONE,
    LARGEST_QUOTA,
    Allowance,
    Period,
    Rule,
    Target,
    TargetKind,
    Window,
    allowances,
    binding_rules,
    refusing,
    window,
)

MIA = UserId(1)
NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)

IDS = st.integers(1, 4)
TARGETS = st.one_of(
    st.just(EVERYONE),
    st.builds(Target, st.just(TargetKind.ROLE), IDS),
    st.builds(Target, st.just(TargetKind.MEMBER), IDS),
)
RULES = st.lists(
    st.builds(Rule, TARGETS, st.sampled_from(Period), st.integers(0, 50).map(Credits)),
    unique_by=lambda rule: (rule.target, rule.period),
)
ROLES = st.frozensets(IDS.map(RoleId))
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 bounds are naive
USED = st.dictionaries(st.sampled_from(Period), st.integers(0, 60).map(Credits))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _role(role_id: int) -> Target:
    return Target(TargetKind.ROLE, role_id)


def _member(user_id: int) -> Target:
    return Target(TargetKind.MEMBER, user_id)


@pytest.mark.parametrize(
    ("period", "now", "start", "end"),
    [
        (Period.DAY, "2026-03-11T00:00:00", "2026-03-11", "2026-03-12"),
        (Period.DAY, "2026-03-11T23:59:59.999999", "2026-03-11", "2026-03-12"),
        (Period.DAY, "2026-12-31T23:59:59", "2026-12-31", "2027-01-01"),
        (Period.DAY, "2028-02-28T12:00:00", "2028-02-28", "2028-02-29"),
        (Period.WEEK, "2026-03-09T00:00:00", "2026-03-09", "2026-03-16"),
        (Period.WEEK, "2026-03-15T23:59:59.999999", "2026-03-09", "2026-03-16"),
        (Period.WEEK, "2027-01-01T00:00:00", "2026-12-28", "2027-01-04"),
        (Period.WEEK, "2028-03-01T00:00:00", "2028-02-28", "2028-03-06"),
        (Period.MONTH, "2026-03-31T23:59:59.999999", "2026-03-01", "2026-04-01"),
        (Period.MONTH, "2026-04-01T00:00:00", "2026-04-01", "2026-05-01"),
        (Period.MONTH, "2026-12-31T23:59:59", "2026-12-01", "2027-01-01"),
        (Period.MONTH, "2027-02-28T23:59:59", "2027-02-01", "2027-03-01"),
        (Period.MONTH, "2028-02-29T23:59:59", "2028-02-01", "2028-03-01"),
        (Period.MONTH, "2100-02-28T12:00:00", "2100-02-01", "2100-03-01"),
    ],
)
def test_a_window_begins_and_ends_at_midnight_utc(period: Period, now: str, start: str, end: str) -> None:
    assert window(period, _at(now)) == Window(_at(start), _at(end))


def test_a_window_is_that_of_utc_wherever_the_clock_stands() -> None:
    in_tokyo = datetime(2026, 3, 12, 8, 59, tzinfo=timezone(timedelta(hours=9)))

    assert window(Period.DAY, in_tokyo).start_at == _at("2026-03-11")


@given(st.sampled_from(Period), MOMENTS)
def test_windows_follow_each_other_without_a_gap(period: Period, now: datetime) -> None:
    running = window(period, now)

    assert running.start_at <= now < running.end_at
    assert window(period, running.start_at) == running
    assert window(period, running.end_at - timedelta(microseconds=1)) == running
    assert window(period, running.end_at).start_at == running.end_at


@given(MOMENTS)
def test_weeks_begin_on_mondays_and_months_have_the_days_of_the_calendar(now: datetime) -> None:
    week, month = window(Period.WEEK, now), window(Period.MONTH, now)

    assert (week.start_at.weekday(), week.end_at - week.start_at) == (calendar.MONDAY, timedelta(days=7))
    assert (month.end_at - month.start_at).days == calendar.monthrange(now.year, now.month)[1]


def _plain_limit(rules: list[Rule], period: Period, user_id: UserId, role_ids: frozenset[RoleId]) -> int | None:
    """The reference: the rules of a period as a person would read them from a list."""
    of_period = [rule for rule in rules if rule.period is period]
    for rule in of_period:
        if rule.target == _member(user_id):
            return rule.credits
    of_roles = [rule.credits for rule in of_period if rule.target in {_role(role_id) for role_id in role_ids}]
    if of_roles:
        return max(of_roles)
    return next((rule.credits for rule in of_period if rule.target == EVERYONE), None)


@given(RULES, ROLES)
def test_the_binding_rules_are_those_of_a_plain_reading(rules: list[Rule], role_ids: frozenset[RoleId]) -> None:
    binding = binding_rules(rules, MIA, role_ids)

    limits = {period: _plain_limit(rules, period, MIA, role_ids) for period in Period}
    expected = {period: limit for period, limit in limits.items() if limit is not None}
    assert {period: rule.credits for period, rule in binding.items()} == expected
    assert all(rule in rules and rule.period is period for period, rule in binding.items())


@given(RULES, ROLES, st.randoms())
def test_the_order_of_the_rules_does_not_matter(rules: list[Rule], role_ids: frozenset[RoleId], random: object) -> None:
    shuffled = sorted(rules, key=lambda _: random.random())  # type: ignore[attr-defined]  # what hypothesis calls Random

    assert binding_rules(shuffled, MIA, role_ids) == binding_rules(rules, MIA, role_ids)


@given(RULES, ROLES, USED, st.integers(1, 60))
def test_a_video_passes_when_it_fits_into_every_period_that_has_a_rule(
    rules: list[Rule], role_ids: frozenset[RoleId], used: dict[Period, Credits], needed: int
) -> None:
    allowed = allowances(binding_rules(rules, MIA, role_ids), used, NOON)

    limits = {period: _plain_limit(rules, period, MIA, role_ids) for period in Period}
    fits = all(limit is None or used.get(period, 0) + needed <= limit for period, limit in limits.items())
    against = refusing(allowed, Credits(needed))
    assert (against is None) == fits
    assert against is None or against.left < needed


@given(RULES, ROLES, st.integers(0, 50))
def test_a_more_generous_role_never_takes_anything_away(
    rules: list[Rule], role_ids: frozenset[RoleId], amount: int
) -> None:
    """As long as a rule of a role decides at all: a first role takes the place of the rule for everyone."""
    before = binding_rules(rules, MIA, role_ids)
    after = binding_rules([*rules, Rule(_role(9), Period.DAY, Credits(amount))], MIA, role_ids | {RoleId(9)})

    was = before.get(Period.DAY)
    if was is not None and was.target.kind is not TargetKind.EVERYONE:
        assert after[Period.DAY].credits >= was.credits
    assert {period: after.get(period) for period in (Period.WEEK, Period.MONTH)} == {
        period: before.get(period) for period in (Period.WEEK, Period.MONTH)
    }


def test_a_members_rule_beats_generous_and_strict_ones_alike() -> None:
    rules = [
        Rule(EVERYONE, Period.DAY, Credits(1)),
        Rule(_role(5), Period.DAY, Credits(100)),
        Rule(_member(MIA), Period.DAY, Credits(10)),
    ]

    assert binding_rules(rules, MIA, frozenset({RoleId(5)}))[Period.DAY] == rules[2]


def test_a_members_rule_for_the_day_leaves_the_month_to_everyones() -> None:
    own, everyones = Rule(_member(MIA), Period.DAY, Credits(50)), Rule(EVERYONE, Period.MONTH, Credits(100))

    assert binding_rules([everyones, own], MIA, frozenset()) == {Period.DAY: own, Period.MONTH: everyones}


def test_a_role_with_the_id_of_a_member_is_another_target() -> None:
    assert binding_rules([Rule(_role(MIA), Period.DAY, Credits(5))], MIA, frozenset()) == {}


def _allowance(period: Period, limit: int, used: int) -> Allowance:
    return Allowance(Rule(EVERYONE, period, Credits(limit)), Credits(used), window(period, NOON).end_at)


def test_of_two_used_up_quotas_the_one_that_lasts_longer_is_named() -> None:
    day, month = _allowance(Period.DAY, 20, 20), _allowance(Period.MONTH, 90, 90)

    assert refusing([day, month], Credits(15)) == month


def test_a_quota_that_never_fits_is_named_before_one_that_will_again() -> None:
    day, month = _allowance(Period.DAY, 10, 0), _allowance(Period.MONTH, 90, 90)

    assert refusing([day, month], Credits(15)) == day


def test_a_video_dearer_than_expected_leaves_nothing_and_no_debt() -> None:
    assert _allowance(Period.DAY, 20, 23).left == 0


@pytest.mark.parametrize(
    ("target", "words", "notation"),
    [(EVERYONE, "everyone", "everyone"), (_role(7), "role 7", "<@&7>"), (_member(8), "member 8", "<@8>")],
)
def test_a_target_is_named_for_lists_and_for_discord(target: Target, words: str, notation: str) -> None:
    assert (str(target), target.notation) == (words, notation)


@pytest.mark.parametrize("amount", [-1, LARGEST_QUOTA + 1])
def test_a_rule_that_makes_no_sense_cannot_be(amount: int) -> None:
    with pytest.raises(ValueError, match=f"a quota of {amount} credits"):
        Rule(EVERYONE, Period.DAY, Credits(amount))
