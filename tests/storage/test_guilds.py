"""Guilds come, get their starting credits once, go, and come back."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from bot.domain.identifiers import Credits
from bot.domain.ledger import Balance, EntryKind
from storage.tables import guilds
from tests.storage.stage import GUILD, Stage


async def test_ensure_gives_a_new_guild_its_starting_credits(stage: Stage) -> None:
    assert await stage.guilds.ensure(GUILD, Credits(50)) is True

    assert await stage.ledger.balance(GUILD) == Balance(available=Credits(50), granted=Credits(50))
    [entry] = await stage.ledger.entries(GUILD)
    assert (entry.kind, entry.actor, entry.reason) == (EntryKind.GRANT, "bot", "starting credits")


async def test_ensure_at_the_same_time_is_new_once(stage: Stage) -> None:
    answers = await asyncio.gather(*(stage.guilds.ensure(GUILD, Credits(50)) for _ in range(12)))
    assert answers.count(True) == 1
    assert (await stage.ledger.balance(GUILD)).granted == 50


async def test_ensure_without_starting_credits_writes_no_entry(stage: Stage) -> None:
    assert await stage.guilds.ensure(GUILD, Credits(0)) is True
    assert await stage.ledger.entries(GUILD) == []


async def test_ensure_after_the_operators_grant_still_gives_the_starting_credits(stage: Stage) -> None:
    await stage.grant(100)
    assert await stage.guilds.ensure(GUILD, Credits(50)) is True
    assert (await stage.ledger.balance(GUILD)).available == 150


async def test_a_guild_that_comes_back_keeps_its_books_and_gets_nothing_again(stage: Stage) -> None:
    await stage.guilds.ensure(GUILD, Credits(50))
    await stage.guilds.mark_left(GUILD)
    assert await _left_at(stage) == stage.clock.now()

    assert await stage.guilds.ensure(GUILD, Credits(50)) is False

    assert await _left_at(stage) is None
    assert (await stage.ledger.balance(GUILD)).granted == 50


async def test_mark_left_of_an_unknown_guild_does_nothing(stage: Stage) -> None:
    await stage.guilds.mark_left(GUILD)
    assert await stage.guilds.ensure(GUILD, Credits(0)) is True


async def _left_at(stage: Stage) -> object:
    async with stage.database.reader() as transaction:
        return (await transaction.execute(select(guilds.c.left_at))).scalar_one()
