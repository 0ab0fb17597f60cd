"""What `videobot ledger export` writes: one CSV row or one JSON line per entry, written page by page.

Scripts rely on the order and the names of the columns. Amounts are whole credits, times are UTC.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable, Sequence
from typing import Final, TextIO

from bot.domain.ledger import LedgerEntry
from bot.spreadsheet import Cell, csv_rows, time_text

COLUMNS: Final = (
    "id",
    "at",
    "guild_id",
    "pool",
    "kind",
    "amount",
    "available_after",
    "reserved_after",
    "spent_after",
    "job_id",
    "actor",
    "reason",
)

Format = Callable[[Sequence[LedgerEntry]], str]


def as_csv(entries: Sequence[LedgerEntry]) -> str:
    return csv_rows([_cell(entry, name) for name in COLUMNS] for entry in entries)


def as_json_lines(entries: Sequence[LedgerEntry]) -> str:
    """A server's id is text: many JSON readers round 64-bit numbers."""
    return "".join(json.dumps(_object(entry), ensure_ascii=False) + "\n" for entry in entries)


FORMATS: Final[dict[str, tuple[str, Format]]] = {
    "csv": (csv_rows([COLUMNS]), as_csv),
    "jsonl": ("", as_json_lines),
}
"""By format: the header of the file, and how its entries are written."""


async def write_ledger(pages: AsyncIterable[Sequence[LedgerEntry]], target: TextIO, file_format: str) -> int:
    """Write every entry to `target` and return their number. Memory holds one page at a time."""
    head, written = FORMATS[file_format]
    target.write(head)
    number = 0
    async for page in pages:
        target.write(written(page))
        number += len(page)
    return number


def _cell(entry: LedgerEntry, name: str) -> Cell:
    value: Cell = getattr(entry, name)
    return value


def _object(entry: LedgerEntry) -> dict[str, object]:
    values = {name: getattr(entry, name) for name in COLUMNS}
    return values | {"at": time_text(entry.at), "guild_id": str(entry.guild_id)}
