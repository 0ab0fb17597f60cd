"""What `/usage` says, within what a message takes."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from bot.domain.identifiers import UserId
from bot.domain.usage import Grouping, UsageLine
from cogs.usage.text import CSV_HEAD, alt_text, usage_csv, usage_text
from cogs.wording import limits
from tests.cogs.usage.factories import a_tally, a_usage

MANY = a_usage(
    days=90,
    members={2**62 + number: a_tally(10**9, completed=10**6, failed=10**6) for number in range(5000)},
    roles={2**61 + number: a_tally(5, failed=1) for number in range(500)},
    models=[f"*model_{number}*" for number in range(300)],
    used_each_day=10**9,
)


def test_the_overview_has_all_tables_and_their_largest_lines() -> None:
    usage = a_usage(members={1: a_tally(10), 2: a_tally(30, completed=3, failed=2)}, roles={7: a_tally(1)}, days=7)

    said = usage_text(usage, None, is_cut=False)

    assert said.startswith("### The last 7 days: 7 videos · 70 credits\n-# 2026-03-25 to 2026-03-31")
    assert "**By member**\n<@2> · 3 videos · 2 failed · 30 credits\n<@1> · 1 video · 10 credits" in said
    assert "**By role**\n<@&7> · 1 video · 1 credit" in said
    assert "**By model**\nKling 3.0 Pro · 7 videos · 70 credits" in said
    assert "**By day (UTC)**\n`2026-03-31` · 1 video · 10 credits" in said
    assert "-# and 2 more" in said


def test_one_table_alone_is_longer() -> None:
    usage = a_usage(members={number: a_tally(number) for number in range(1, 31)})

    said = usage_text(usage, Grouping.MEMBER, is_cut=False)

    assert all(f"<@{number}> ·" in said for number in range(1, 31))
    assert "By role" not in said


def test_without_videos_it_says_so() -> None:
    assert "Nobody asked for a video" in usage_text(a_usage(used_each_day=0), None, is_cut=False)


@pytest.mark.parametrize("by", [None, *Grouping])
def test_however_much_there_is_fits_into_one_message(by: Grouping | None) -> None:
    said = usage_text(MANY, by, is_cut=True)

    assert len(said) <= limits.DISPLAYED_TEXT
    assert "more" in said
    assert "only has the newest days" in said
    assert len(alt_text(MANY)) <= limits.ALT_TEXT


def test_an_unknown_model_brings_no_markup() -> None:
    assert "\\*model\\_" in usage_text(MANY, Grouping.MODEL, is_cut=False)


def test_the_file_has_ids_and_numbers_and_no_formula() -> None:
    line = UsageLine(date(2026, 3, 31), UserId(2**62), "=cmd()", a_tally(30, completed=2, failed=1))

    head, row = csv.reader(usage_csv([line]).splitlines())

    assert tuple(head) == CSV_HEAD
    assert row == ["2026-03-31", str(2**62), "'=cmd()", "3", "2", "1", "30"]
