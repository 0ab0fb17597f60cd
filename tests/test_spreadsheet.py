"""CSV that every spreadsheet reads alike and none computes."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from bot.spreadsheet import csv_rows


def test_cells_with_commas_quotes_and_line_breaks_are_quoted_as_the_standard_says() -> None:
    assert csv_rows([["a,b", 'say "hi"', "two\r\nlines", "plain"]]) == '"a,b","say ""hi""","two\r\nlines",plain\r\n'


def test_what_was_written_can_be_read_back() -> None:
    rows = [["a,b", '"', "x\ny", "ä😀", "1"], ["", " ", ";", "\\", "2"]]

    assert list(csv.reader(io.StringIO(csv_rows(rows), newline=""))) == rows


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =cmd|' /C calc'!A0", "\u00a0=1", "＝1+1"],
)
def test_no_text_becomes_a_formula(text: str) -> None:
    [[cell]] = csv.reader(io.StringIO(csv_rows([[text]]), newline=""))

    assert cell == f"'{text}"


def test_numbers_stay_numbers_also_below_zero() -> None:
    assert csv_rows([[-5, 2**62, 0]]) == f"-5,{2**62},0\r\n"


def test_times_are_told_in_utc_and_nothing_is_empty() -> None:
    at = datetime(2026, 3, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))

    assert csv_rows([[at, date(2026, 3, 1), None]]) == "2026-02-28T23:00:00.000000Z,2026-03-01,\r\n"
    assert csv_rows([[datetime(2026, 3, 1, tzinfo=UTC)]]) == "2026-03-01T00:00:00.000000Z\r\n"
