"""From a purchase in Discord to credits in the books: exactly once, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from bot.clock import SystemClock
from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import Credits, GuildId
from bot.services.loops.wakeup import Wakeup
from bot.services.topup import PAGES_A_STEP, TopUps
from cogs.client.client import VideobotClient
from cogs.history.cog import HistoryCog
from cogs.purchases.cog import PurchasesCog
from cogs.purchases.shop import DiscordShop
from sandbox.discord import DiscordSandbox, Entitlement, Guild, Member
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.purchases import PurchaseStore
from tests.cogs.running import a_client, running

PACK = 777
CREDITS = Credits(500)
CONSUME = "/applications/{application_id}/entitlements/{entitlement_id}/consume"


class KeptAlerts:
    """Fits `bot.services.alerts.Alerts`."""

    def __init__(self) -> None:
        self.raised: list[Alert] = []

    def raise_alert(self, alert: Alert) -> None:
        self.raised.append(alert)

    def lay_to_rest(self, kind: AlertKind) -> None: ...


@pytest.fixture
def guild(discord: DiscordSandbox) -> Guild:
    return discord.add_guild("Film club")


@pytest.fixture
def mia(guild: Guild) -> Member:
    return guild.add_member("Mia")


@pytest.fixture
def wakeup() -> Wakeup:
    return Wakeup()


@pytest.fixture
async def client(
    discord: DiscordSandbox, guild: Guild, wakeup: Wakeup, books: Database
) -> AsyncIterator[VideobotClient]:
    jobs = JobStore(database=books, clock=SystemClock())
    client = a_client([PurchasesCog(wakeup=wakeup), HistoryCog(jobs=jobs)])
    async with running(client, discord):
        yield client


@pytest.fixture
def alerts() -> KeptAlerts:
    return KeptAlerts()


@pytest.fixture
def packs() -> dict[int, Credits]:
    return {PACK: CREDITS}


@pytest.fixture
def a_process(
    client: VideobotClient, books: Database, wakeup: Wakeup, alerts: KeptAlerts, packs: dict[int, Credits]
) -> Callable[[], TopUps]:
    """Makes the loop of a process, as a restart or another process on the same database would."""
    return lambda: TopUps(
        purchases=DiscordShop(client=client),
        ledger=PurchaseStore(database=books, clock=SystemClock()),
        packs=packs,
        alerts=alerts,
        wakeup=wakeup,
    )


async def available(books: Database, guild: Guild) -> int:
    return (await LedgerStore(database=books, clock=SystemClock()).balance(GuildId(guild.id))).available


async def consumed(discord: DiscordSandbox, bought: Entitlement) -> None:
    await discord.wait_for(lambda: bought.consumed or None, what="the purchase used up")


async def test_a_purchase_tops_up_its_server_the_moment_it_is_made(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    loop = asyncio.create_task(a_process().run())

    bought = discord.buy(mia, PACK)
    await consumed(discord, bought)

    loop.cancel()
    await asyncio.wait({loop})
    assert await available(books, mia.guild) == CREDITS


async def test_what_was_bought_while_nobody_listened_is_found_at_the_start(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    for _ in range(3):
        discord.buy(mia, PACK)

    await a_process().step()

    assert await available(books, mia.guild) == 3 * CREDITS
    assert all(bought.consumed for bought in discord.world.entitlements.values())


async def test_a_process_that_died_before_discord_was_told_does_not_pay_twice(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    bought = discord.buy(mia, PACK)
    discord.faults.answer("POST", CONSUME, status=400)

    await a_process().step()
    assert not bought.consumed
    await a_process().step()

    assert bought.consumed
    assert await available(books, mia.guild) == CREDITS


async def test_two_processes_at_once_pay_once(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    for _ in range(5):
        discord.buy(mia, PACK)

    await asyncio.gather(*(a_process().step() for _ in range(4)))

    assert await available(books, mia.guild) == 5 * CREDITS


async def test_an_unknown_sku_is_left_alone(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps], alerts: KeptAlerts
) -> None:
    bought = discord.buy(mia, PACK + 1)

    await a_process().step()

    assert (bought.consumed, await available(books, mia.guild), alerts.raised) == (False, 0, [])


async def test_a_purchase_for_no_server_is_left_unused_and_the_operator_told(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps], alerts: KeptAlerts
) -> None:
    bought = discord.buy(mia, PACK, for_guild=False)

    await a_process().step()

    assert not bought.consumed
    assert alerts.raised == [Alert(AlertKind.PURCHASE_UNASSIGNED, str(bought.id))]


async def test_a_refunded_purchase_is_worth_nothing(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    discord.buy(mia, PACK).deleted = True

    await a_process().step()

    assert await available(books, mia.guild) == 0


def used_up(discord: DiscordSandbox, mia: Member, number: int) -> None:
    """Purchases of long ago."""
    for _ in range(number):
        one = Entitlement(discord.world.snowflakes.take(), discord.world.application.id, PACK, mia.user, mia.guild.id)
        one.consumed = True
        discord.world.entitlements[one.id] = one


def pages_asked(discord: DiscordSandbox) -> int:
    return len(discord.requests.to("GET", "/applications/{application_id}/entitlements"))


async def test_thirty_thousand_purchases_of_the_past_do_not_keep_a_new_one_from_being_credited(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    used_up(discord, mia, 30_000)
    bought = discord.buy(mia, PACK)
    process = a_process()

    steps = 1
    while await process.step():
        steps += 1

    assert steps <= 31
    assert (bought.consumed, await available(books, mia.guild)) == (True, CREDITS)


async def test_how_far_the_bot_has_looked_is_remembered_over_a_restart_and_every_step_is_bounded(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    used_up(discord, mia, 1_950)
    process = a_process()
    assert await process.step()
    assert pages_asked(discord) == PAGES_A_STEP
    while await process.step():
        pass

    before = pages_asked(discord)
    discord.buy(mia, PACK)
    assert not await a_process().step()

    assert pages_asked(discord) - before <= PAGES_A_STEP + 1
    assert await available(books, mia.guild) == CREDITS


async def test_one_that_fails_is_tried_again_and_holds_up_no_later_one(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps]
) -> None:
    first = discord.buy(mia, PACK)
    discord.faults.answer("POST", CONSUME, status=400)
    process = a_process()
    await process.step()
    second = discord.buy(mia, PACK)

    await process.step()

    assert (first.consumed, second.consumed, await available(books, mia.guild)) == (True, True, 2 * CREDITS)


async def test_a_pack_that_is_offered_later_is_found_among_the_older_ones(
    discord: DiscordSandbox, mia: Member, books: Database, a_process: Callable[[], TopUps], packs: dict[int, Credits]
) -> None:
    used_up(discord, mia, 150)
    unknown = discord.buy(mia, PACK + 1)
    await a_process().step()
    assert not unknown.consumed

    packs[PACK + 1] = Credits(7)
    await a_process().step()

    assert (unknown.consumed, await available(books, mia.guild)) == (True, 7)
