"""The audit trail: kept first, told to the log channel when that is possible, and never twice on purpose."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.actor import OPERATOR, by_user
from bot.domain.audit import AuditAction, AuditEntry
from bot.domain.identifiers import ChannelId, GuildId
from bot.domain.options import find_option
from bot.errors import ChannelClosed, DiscordError, DiscordUnavailable, DiscordUnreachable
from bot.services.audit import AuditTeller, AuditTrail
from bot.services.loops.wakeup import Wakeup
from storage.audit import AuditStore
from storage.database.engine import Database
from storage.options import OptionStore
from storage.waits import WaitStore
from tests.clocks import MovableClock
from tests.services.stage import GUILD, KeptAlerts, soon

LOG = ChannelId(77)
OTHER = GuildId(101)


class HandChannels:
    """Takes what is told, unless `trouble` is set."""

    def __init__(self) -> None:
        self.told: list[tuple[ChannelId, str]] = []
        self.trouble: DiscordError | None = None
        self.poison: str | None = None
        self.poisonings = 0

    async def tell(self, channel_id: ChannelId, entry: AuditEntry) -> None:
        if self.trouble is not None:
            raise self.trouble
        if str(entry.details.get("credits")) == self.poison:
            self.poisonings += 1
            raise KeyError("nobody foresaw this")
        self.told.append((channel_id, str(entry.details.get("credits"))))


class Office:
    """A trail, a guild that has a log channel, and one loop that is stepped by hand."""

    def __init__(self, database: Database, clock: MovableClock) -> None:
        self.clock = clock
        self.wakeup = Wakeup()
        self.store = AuditStore(database=database, clock=clock)
        self.options = OptionStore(database=database, clock=clock)
        self.waits = WaitStore(database=database)
        self.channels = HandChannels()
        self.trail = AuditTrail(trail=self.store, wakeup=self.wakeup)
        self.restart()

    def restart(self) -> None:
        self.teller = AuditTeller(
            trail=self.store,
            options=self.options,
            channels=self.channels,
            alerts=KeptAlerts(),
            waits=self.waits,
            clock=self.clock,
            wakeup=self.wakeup,
        )

    async def grant(self, amount: int, guild_id: GuildId = GUILD) -> None:
        await self.trail.record(guild_id, OPERATOR, AuditAction.CREDITS_GRANTED, {"credits": amount})


@pytest.fixture
async def office(database: Database, clock: MovableClock) -> Office:
    office = Office(database, clock)
    for guild_id in (GUILD, OTHER):
        await office.options.change(guild_id, find_option("log_channel"), lambda _: LOG, actor=by_user(9))
    await office.teller.step()
    office.channels.told.clear()
    return office


async def test_a_action_is_kept_and_told_in_the_log_channel_in_order(office: Office) -> None:
    await office.grant(1)
    await office.grant(2)
    async with soon():
        await office.wakeup.wait(timedelta(hours=1))

    await office.teller.step()
    await office.teller.step()

    assert office.channels.told == [(LOG, "1"), (LOG, "2")]
    assert [entry.details for entry in await office.store.entries(GUILD, 2)] == [{"credits": 2}, {"credits": 1}]


async def test_a_action_that_nobody_can_word_holds_up_no_other(office: Office) -> None:
    await office.grant(1)
    await office.grant(2)
    office.channels.poison = "1"

    for _ in range(100):
        await office.teller.step()
        office.clock.move(timedelta(seconds=10))

    assert office.channels.told == [(LOG, "2")]
    assert office.channels.poisonings <= 12


async def test_a_guild_without_a_log_channel_has_its_trail_in_the_database(office: Office) -> None:
    await office.options.change(GUILD, find_option("log_channel"), lambda _: None, actor=by_user(9))
    await office.grant(1)

    await office.teller.step()

    assert office.channels.told == []
    assert await office.store.waiting(10) == []
    assert (await office.store.entries(GUILD))[0].details == {"credits": 1}


async def test_what_discord_could_not_take_is_told_later_even_after_a_restart(office: Office) -> None:
    await office.grant(1)
    await office.grant(2)
    office.channels.trouble = DiscordUnavailable("for a test")
    await office.teller.step()
    office.channels.trouble = None
    await office.teller.step()
    assert office.channels.told == []

    office.restart()
    await office.teller.step()

    assert office.channels.told == [(LOG, "1"), (LOG, "2")]


async def test_a_trouble_of_one_guild_holds_up_no_other(office: Office) -> None:
    await office.grant(1)
    office.channels.trouble = DiscordUnavailable("for a test")
    await office.teller.step()
    office.channels.trouble = None
    await office.grant(2, OTHER)

    await office.teller.step()

    assert office.channels.told == [(LOG, "2")]


async def test_a_channel_that_is_gone_or_refuses_for_a_day_is_given_up(office: Office) -> None:
    await office.grant(1)
    office.channels.trouble = ChannelClosed("for a test")
    await office.teller.step()
    assert await office.store.waiting(10) == []

    await office.grant(2)
    office.channels.trouble = DiscordUnavailable("slow mode")
    for _ in range(24 * 2):
        office.clock.move(timedelta(minutes=30))
        await office.teller.step()
    assert len(await office.store.waiting(10)) == 1
    office.restart()
    for _ in range(3):
        office.clock.move(timedelta(minutes=30))
        await office.teller.step()
    assert await office.store.waiting(10) == []


@pytest.mark.parametrize("trouble", [DiscordUnavailable("slow mode"), DiscordUnreachable("no network")], ids=repr)
async def test_a_action_is_told_after_days_of_downtime_although_the_first_try_fails(
    office: Office, trouble: DiscordError
) -> None:
    await office.grant(1)
    office.clock.move(timedelta(days=2))
    office.clock.jump(timedelta(hours=25))
    office.channels.trouble = trouble
    await office.teller.step()

    office.channels.trouble = None
    office.clock.move(timedelta(seconds=5))
    await office.teller.step()

    assert office.channels.told == [(LOG, "1")]


async def test_a_discord_that_does_not_answer_for_days_is_waited_for(office: Office) -> None:
    await office.grant(1)
    office.channels.trouble = DiscordUnreachable("no network")
    for _ in range(24 * 4):
        office.clock.move(timedelta(minutes=30))
        await office.teller.step()

    assert len(await office.store.waiting(10)) == 1
