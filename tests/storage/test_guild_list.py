"""Every guild at a glance, for the operator."""

from __future__ import annotations

from bot.domain.actor import OPERATOR
from bot.domain.guild_facts import GuildFacts
from bot.domain.identifiers import Credits, GuildId
from bot.domain.job import JobState
from bot.domain.ledger import Balance
from storage.guild_list import GuildList
from tests.storage.stage import GUILD, Stage

UNMET = GuildId(7)


async def test_each_guild_has_its_balance_and_its_jobs_by_state(stage: Stage) -> None:
    await stage.guilds.ensure(GUILD, Credits(100))
    await stage.accept(15)
    await stage.advance(await stage.accept(15), JobState.COMPLETED, used=15)
    await stage.ledger.grant(UNMET, Credits(5), actor=OPERATOR, reason="a gift")

    unmet, met = await GuildList(database=stage.database).all()

    assert unmet == GuildFacts(
        guild_id=UNMET,
        since_at=None,
        left_at=None,
        is_linked=False,
        balance=Balance(available=Credits(5), granted=Credits(5)),
        jobs={},
    )
    assert (met.guild_id, met.since_at, met.left_at) == (GUILD, stage.clock.now(), None)
    assert met.jobs == {JobState.QUEUED: 1, JobState.COMPLETED: 1}
    assert (met.balance.available, met.balance.reserved, met.balance.spent) == (70, 15, 15)


async def test_a_guild_that_left_and_one_with_its_own_account_are_told_apart(stage: Stage) -> None:
    await stage.link()
    await stage.guilds.mark_left(GUILD)

    [guild] = await GuildList(database=stage.database).all()

    assert guild.is_linked
    assert guild.left_at == stage.clock.now()
