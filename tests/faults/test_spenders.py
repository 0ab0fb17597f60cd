"""Two hundred members at once, and credits for ten videos: exactly ten are made, and nobody pays for the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.identifiers import ChannelId, GuildId, InteractionId, LinkId, UserId
from bot.domain.options import GuildOptions
from bot.domain.request import VideoRequest, make_spec
from bot.errors import InsufficientCredits
from bot.services.jobs.accept import Accept
from bot.services.loops.wakeup import Wakeup
from sandbox.discord import Answer, Member
from storage.database.engine import Database
from tests.databases import SqliteFiles
from tests.faults.mortal import Life, MortalProduct, open_mortal_product
from tests.faults.reckoning import a_prompt, at_rest, differences
from tests.storage.stage import GUILD, Stage, a_stage

pytestmark = pytest.mark.faults

SPENDERS = 200
AFFORDABLE = 10
PRICE = 15
ANSWERED_WITHIN = 30.0
"""Seconds for two hundred answers: the machine may be slow, and another test checks the speed."""


async def test_two_hundred_requests_on_credits_for_ten_give_exactly_ten(database: Database) -> None:
    stage = a_stage(database)
    await stage.grant(AFFORDABLE * PRICE + PRICE - 1)
    desk = _commands(stage)

    outcomes = await asyncio.gather(*(_outcome(desk, number) for number in range(SPENDERS)))

    assert Counter(outcomes) == {"accepted": AFFORDABLE, "refused": SPENDERS - AFFORDABLE}
    balance = await stage.ledger.balance(GUILD)
    assert (balance.available, balance.reserved) == (PRICE - 1, AFFORDABLE * PRICE)
    assert await stage.ledger.verify() == []


async def test_two_hundred_members_who_use_the_command_at_once_get_exactly_ten_videos(
    tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    async with open_mortal_product(tmp_path, sqlite_files) as product:
        product.discord.limits.first_response = timedelta(seconds=ANSWERED_WITHIN)
        product.life = Life(hurried=False)  # these answers may be slow, so the bot must wait as long as the test does
        product.settings["STARTING_CREDITS"] = str(AFFORDABLE * PRICE + PRICE - 1)
        await product.start_bot()
        members = [product.guild.add_member(f"Member {number}") for number in range(SPENDERS)]

        answers = await asyncio.gather(
            *(_use_command(product, number, member) for number, member in enumerate(members))
        )

        await product.discord.wait_for(lambda: not any(_is_open(answer) for answer in answers), timeout=ANSWERED_WITHIN)
        jobs = await at_rest(product)
        assert len(jobs) == AFFORDABLE, _said(answers)
        assert sum(answer is not None for answer in answers) == SPENDERS
        assert await differences(product) == []
        assert (await product.balance()).spent == AFFORDABLE * PRICE
        assert await product.stop_bot() == 0


def _commands(stage: Stage) -> Accept:
    return Accept(
        jobs=stage.jobs,
        ledger=stage.ledger,
        meet=_met,
        account_of=_operators,
        options=DefaultOptions(),
        queue_wakeup=Wakeup(),
    )


class DefaultOptions:
    """Fits `ports.Options`: a server whose admins have set nothing, whatever they try."""

    async def of(self, _guild_id: GuildId) -> GuildOptions:
        return GuildOptions()

    async def change(self, *_: object, **__: object) -> GuildOptions:
        return GuildOptions()


async def _met(_guild_id: GuildId) -> None:
    """The stage has met it."""


async def _operators(_guild_id: GuildId) -> LinkId | None:
    return None


async def _outcome(desk: Accept, number: int) -> str:
    spec = make_spec(prompt=a_prompt(number))
    request = VideoRequest(GUILD, ChannelId(200), UserId(1000 + number), InteractionId(5000 + number), spec)
    try:
        await desk.accept(request)
    except InsufficientCredits:
        return "refused"
    return "accepted"


async def _use_command(product: MortalProduct, number: int, member: Member) -> Answer | None:
    use = await member.slash(product.channel, "video", opened_by_admin=False, prompt=a_prompt(number))
    try:
        return await use.first_response(timeout=ANSWERED_WITHIN)
    except TimeoutError:
        return None


def _is_open(answer: Answer | None) -> bool:
    return answer is not None and answer.message is not None and answer.message.loading


def _said(answers: Iterable[Answer | None]) -> Counter[str]:
    return Counter(answer.message.text if answer and answer.message else "nothing" for answer in answers)
