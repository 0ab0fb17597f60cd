"""The ledger for other accounting: complete, in a stable form, and in bounded memory."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
import tracemalloc
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import pytest

from bot.cli.export import COLUMNS, write_ledger
from bot.clock import SystemClock
from storage.stores import current_stores
from tests.cli.conftest import Videobot

GUILD = "1234567890123456789"
OTHER = "42"
DATABASE = Path("data/videobot.db")


@pytest.fixture(autouse=True)
def books(videobot: Videobot, database_file: Path) -> None:
    videobot("credits", "grant", GUILD, "250", "--reason", '=HYPERLINK("x"), "quoted"')
    videobot("credits", "grant", OTHER, "7", "--reason", "a start")


def test_csv_has_a_head_and_a_row_for_each_entry(videobot: Videobot) -> None:
    outcome = videobot("ledger", "export")

    head, first, second = csv.reader(io.StringIO(outcome.out))
    assert tuple(head) == COLUMNS
    entry = dict(zip(head, first, strict=True))
    assert (entry["guild_id"], entry["kind"], entry["amount"]) == (GUILD, "grant", "250")
    assert entry["reason"] == '\'=HYPERLINK("x"), "quoted"', "spreadsheets must not evaluate it"
    assert datetime.fromisoformat(entry["at"]).tzinfo == UTC
    assert second[2] == OTHER
    assert outcome.err == "Exported 2 entries.\n"


def test_json_lines_have_the_same_fields_with_numbers_for_amounts(videobot: Videobot) -> None:
    first, _ = map(json.loads, videobot("ledger", "export", "--format", "jsonl").out.splitlines())

    assert tuple(first) == COLUMNS
    assert (first["guild_id"], first["amount"], first["job_id"]) == (GUILD, 250, None)
    assert first["reason"] == '=HYPERLINK("x"), "quoted"'
    assert first["at"].endswith("Z")


def test_one_servers_entries_are_exported_to_a_file(videobot: Videobot) -> None:
    outcome = videobot("ledger", "export", "--guild", OTHER, "--output", "books.csv")

    assert (outcome.code, outcome.out) == (0, "")
    _, only = csv.reader(Path("books.csv").read_text().splitlines())
    assert only[2] == OTHER


def test_a_large_ledger_needs_little_memory() -> None:
    """15,000 entries are about 5 MB of text, and several times that as rows; a page is a fraction of it."""
    _repeat_last_entry(15_000)
    tracemalloc.start()
    try:
        with Path("books.jsonl").open("w") as target:
            assert asyncio.run(_export(target)) == 15_002
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 3_000_000
    with Path("books.jsonl").open() as written:
        ids = [json.loads(line)["id"] for line in written]
    assert ids == sorted(set(ids))


async def _export(target: TextIO) -> int:
    async with current_stores(f"sqlite+aiosqlite:///{DATABASE}", SystemClock()) as stores:
        return await write_ledger(stores.ledger.pages(), target, "jsonl")


def _repeat_last_entry(times: int) -> None:
    columns = ", ".join(name for name in COLUMNS if name != "id")
    counting = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {times})"  # noqa: S608  a number
    last = f"SELECT {columns} FROM ledger, n WHERE id = 2"  # noqa: S608  our names
    with closing(sqlite3.connect(DATABASE)) as connection, connection:
        connection.execute(f"INSERT INTO ledger ({columns}) {counting} {last}")
