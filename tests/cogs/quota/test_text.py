"""What people read about quotas: admins of `/quota`, members of their own limits and of a refusal."""

from __future__ import annotations

import pytest

from bot.domain.identifiers import Credits, UserId
from bot.domain.quota import EVERYONE, LARGEST_QUOTA, Period, Rule, Target, TargetKind
from bot.errors import QuotaExceeded
from cogs.interactions.error_answers import explain
from cogs.quota.text import cleared_text, set_text, show_page
from cogs.wording import limits
from cogs.wording.quotas import limits_text
from tests.cogs.factories import NOON, an_allowance

ROLE = Target(TargetKind.ROLE, 700)
MIA = Target(TargetKind.MEMBER, 300)
TOMORROW, MONDAY, DECEMBER = "<t:1795478400:R>", "<t:1795996800:R>", "<t:1796083200:R>"
"""The resets as seen from noon of Monday, 23 November 2026."""


def _rule(target: Target, period: Period, amount: int) -> Rule:
    return Rule(target, period, Credits(amount))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (EVERYONE, "Members here may each use 20 credits a week from now on."),
        (ROLE, "Members with <@&700> may each use 20 credits a week from now on."),
        (MIA, "<@300> may use 20 credits a week from now on."),
    ],
)
def test_a_new_rule_is_confirmed_for_whom_it_is(target: Target, words: str) -> None:
    assert set_text(_rule(target, Period.WEEK, 20), None, NOON).splitlines()[0] == words


def test_a_new_rule_tells_what_counts_already_and_what_was_before() -> None:
    text = set_text(_rule(EVERYONE, Period.DAY, 0), _rule(EVERYONE, Period.DAY, 1), NOON)

    assert text.splitlines() == [
        "Members here may make no videos from now on.",
        f"The current day ends {TOMORROW} (UTC). What was used since it began counts.",
        "-# Before: 1 credit a day",
    ]


def test_clearing_tells_what_is_gone_or_that_there_was_nothing() -> None:
    gone = cleared_text(ROLE, [_rule(ROLE, Period.DAY, 5), _rule(ROLE, Period.MONTH, 50)])

    assert "for <@&700>: 5 credits a day and 50 credits a month. " in gone
    assert "Nothing was changed." in cleared_text(EVERYONE, [])


def test_a_server_without_quotas_is_told_how_to_make_one() -> None:
    page = show_page([], {}, NOON, 0)

    assert "no quotas" in page.text
    assert "`/quota set`" in page.text
    assert page.count == 1


def test_all_rules_then_who_used_most_then_the_resets() -> None:
    rules = [_rule(EVERYONE, Period.DAY, 20), _rule(EVERYONE, Period.MONTH, 90), _rule(MIA, Period.DAY, 50)]
    usage = {
        UserId(301): {Period.DAY: Credits(15), Period.MONTH: Credits(15)},
        UserId(300): {Period.DAY: Credits(0), Period.MONTH: Credits(45)},
        UserId(302): {Period.WEEK: Credits(15)},
    }

    page = show_page(rules, usage, NOON, 0)

    assert page.text.splitlines()[:-1] == [
        "### Quotas of this server",
        "Everyone: 20 credits a day · 90 credits a month",
        "<@300>: 50 credits a day",
        "**Used so far, in credits**",
        "<@300>: 0 of 50 today · 45 of 90 this month",
        "<@301>: 15 of 20 today · 15 of 90 this month",
        f"The next day begins {TOMORROW}, the next month begins {DECEMBER} (UTC).",
    ]


def test_where_a_role_may_decide_no_limit_is_claimed() -> None:
    rules = [_rule(EVERYONE, Period.DAY, 20), _rule(ROLE, Period.DAY, 50)]

    page = show_page(rules, {UserId(301): {Period.DAY: Credits(15)}}, NOON, 0)

    assert "<@301>: 15 today" in page.text


def test_rules_that_nobody_has_used_say_so() -> None:
    assert "Nobody has used any credits" in show_page([_rule(ROLE, Period.WEEK, 5)], {}, NOON, 0).text


def test_any_number_of_rules_and_members_fits_page_by_page() -> None:
    """The longest ids and amounts there are: every page is a message that Discord takes, and nothing is left out."""
    targets = [Target(TargetKind.ROLE, 2**63 - number) for number in range(1, 301)]
    targets += [Target(TargetKind.MEMBER, 2**62 + number) for number in range(300)]
    rules = [_rule(target, period, LARGEST_QUOTA) for target in targets for period in Period]
    used = dict.fromkeys(Period, Credits(LARGEST_QUOTA + 1))
    usage = {UserId(2**62 + number): used for number in range(500)}

    first = show_page(rules, usage, NOON, 0)
    pages = [show_page(rules, usage, NOON, number) for number in range(first.count)]

    assert all(len(page.text) <= limits.DISPLAYED_TEXT for page in pages)
    lines = [line for page in pages for line in page.text.splitlines() if line.startswith("<@")]
    assert len(lines) == len(set(lines)) == len(targets) + len(usage)
    assert pages[1].text.startswith(f"### Quotas of this server (2 of {first.count})")


@pytest.mark.parametrize(("asked", "given"), [(-1, 0), (0, 0), (99, 1)])
def test_a_page_that_is_not_there_any_more_gives_the_nearest(asked: int, given: int) -> None:
    rules = [_rule(Target(TargetKind.ROLE, number), Period.DAY, 5) for number in range(1, 26)]

    assert show_page(rules, {}, NOON, asked).number == given


def test_own_limits_tell_what_is_left_whose_rule_it_is_and_when_it_resets() -> None:
    allowed = [
        an_allowance(EVERYONE, Period.DAY, limit=20, used=15),
        an_allowance(ROLE, Period.WEEK, limit=50, used=51),
        an_allowance(MIA, Period.MONTH, limit=0),
    ]

    assert limits_text(allowed).splitlines() == [
        "**Your limits here**",
        f"5 of 20 credits left today (for everyone here); resets {TOMORROW}",
        f"0 of 50 credits left this week (for the role <@&700>); resets {MONDAY}",
        "No videos this month (for you)",
    ]


def test_a_refusal_names_the_rule_what_is_left_and_when_it_resets() -> None:
    error = QuotaExceeded(needed=15, allowance=an_allowance(EVERYONE, limit=20, used=19))

    assert explain(error) == (
        "This video costs about 15 credits, and the quota for everyone here is 20 credits a day. "
        f"1 credit of it is left; it resets {TOMORROW}. Nothing was spent."
    )


def test_a_refusal_that_no_waiting_helps_does_not_ask_to_wait() -> None:
    too_dear = explain(QuotaExceeded(needed=15, allowance=an_allowance(ROLE, limit=10)))
    nothing = explain(QuotaExceeded(needed=15, allowance=an_allowance(MIA, limit=0)))

    assert "That is more than it ever allows; a shorter or a silent video may fit." in too_dear
    assert "the quota for you is 0 credits a day. It allows no videos" in nothing
    assert "resets" not in too_dear + nothing


def test_a_refusal_is_a_whole_sentence_without_discord_too() -> None:
    error = QuotaExceeded(needed=15, allowance=an_allowance(EVERYONE, limit=20, used=19))

    assert str(error) == (
        "This video costs about 15 credits. The quota of 20 credits a day leaves 1 until "
        "2026-11-24 00:00 UTC. Nothing was spent."
    )
