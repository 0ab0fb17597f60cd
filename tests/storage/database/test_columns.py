"""A column returns what was stored in it, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import StatementError

from storage.database.columns import PlainText
from storage.database.engine import Database
from storage.tables import guilds


async def test_times_come_back_aware_exact_and_in_utc(database: Database) -> None:
    tokyo = timezone(timedelta(hours=9))
    at = datetime(2026, 3, 1, 1, 2, 3, 999999, tzinfo=tokyo)
    async with database.writer() as transaction:
        await transaction.execute(insert(guilds).values(guild_id=1, first_seen_at=at))

    async with database.reader() as transaction:
        stored = (await transaction.execute(select(guilds.c.first_seen_at))).scalar_one()

    assert stored == at
    assert stored.tzinfo is UTC


async def test_times_sort_as_they_follow_each_other(database: Database) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number, microseconds in enumerate([1_000_000, 0, 1, 999_999]):
        async with database.writer() as transaction:
            at = start + timedelta(microseconds=microseconds)
            await transaction.execute(insert(guilds).values(guild_id=number, first_seen_at=at))

    query = select(guilds.c.guild_id).where(guilds.c.first_seen_at > start).order_by(guilds.c.first_seen_at)
    async with database.reader() as transaction:
        assert list((await transaction.execute(query)).scalars()) == [2, 3, 0]


async def test_time_without_a_zone_is_our_own_mistake(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 a naive time is the point
    with pytest.raises(StatementError, match="time without a time zone"):
        async with database.writer() as transaction:
            await transaction.execute(insert(guilds).values(guild_id=1, first_seen_at=naive))


@given(st.text(st.characters(codec=None, exclude_categories=[])))
def test_text_from_strangers_can_always_be_stored(text: str) -> None:
    stored = PlainText().process_bind_param(text, sqlite.dialect())
    assert stored is not None
    assert "\0" not in stored
    assert stored.encode().decode() == stored
    if text.isascii():
        assert stored == text.replace("\0", "")
