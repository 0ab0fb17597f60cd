"""Rows for spreadsheets: CSV as in RFC 4180, in which no text can become a formula.

https://www.rfc-editor.org/rfc/rfc4180 and, for the formulas, https://owasp.org/www-community/attacks/CSV_Injection
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Final

Cell = str | int | date | datetime | None

BEGINS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for a formula, including the full-width forms that some read the same way."""


def csv_rows(rows: Iterable[Sequence[Cell]]) -> str:
    """Lines that end in CR LF. Numbers stay numbers, times are ISO 8601 in UTC, None is empty."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def time_text(at: datetime) -> str:
    """For example "2026-03-01T12:00:00.123456Z"."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _written(cell: Cell) -> str | int:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return time_text(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless_cell(cell) if isinstance(cell, str) else cell


def harmless_cell(text: str) -> str:
    """The text, with an apostrophe in front if a spreadsheet might otherwise compute it."""
    return f"'{text}" if text.lstrip(" \u00a0").startswith(BEGINS_FORMULA) else text
