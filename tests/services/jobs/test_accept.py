"""Taking a request: priced, held and recorded, or refused with nothing spent."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, MessageId
from bot.domain.job import JobChanges, JobState, MessageState
from bot.domain.options import find_option
from bot.domain.request import VideoRequest, make_spec
from bot.errors import ConfirmationNeeded, InsufficientCredits, PlaceRefused, ServerRuleBroken, TooManyAtOnce
from bot.services.jobs.accept import Accept
from storage.guilds import GuildStore
from storage.options import OptionStore
from tests.services.stage import CHANNEL, GRANTED, GUILD, MEMBER, Stage, a_picture, soon

STARTING = Credits(5)


@pytest.fixture
def accept(stage: Stage) -> Accept:
    guilds = GuildStore(database=stage.database, clock=stage.clock)

    async def meet(guild_id: GuildId) -> None:
        await guilds.ensure(guild_id, STARTING)

    return Accept(
        jobs=stage.jobs,
        ledger=stage.ledger,
        meet=meet,
        account_of=operators,
        options=OptionStore(database=stage.database, clock=stage.clock),
        queue_wakeup=stage.wakeup,
    )


async def operators(_guild_id: GuildId) -> None:
    """No server here has an account of its own."""


_INTERACTIONS = count(400)


def a_request(**spec: object) -> VideoRequest:
    wanted = make_spec(**({"prompt": "a cat"} | spec))  # type: ignore[arg-type]  # a test's own words
    return VideoRequest(GUILD, CHANNEL, MEMBER, InteractionId(next(_INTERACTIONS)), wanted, image=a_picture())


async def test_an_accepted_request_is_queued_with_its_picture_and_its_hold(stage: Stage, accept: Accept) -> None:
    job = await accept.accept(a_request())

    assert job.state is JobState.QUEUED
    assert await stage.jobs.source_image(job.id) == a_picture()
    balance = await stage.balance()
    assert (balance.available, balance.reserved) == (GRANTED + STARTING - 15, 15)


async def test_the_order_goes_out_once_the_member_has_an_answer(stage: Stage, accept: Accept) -> None:
    job = await accept.accept(a_request())

    await accept.answered(job, ChannelId(201), MessageId(501))

    job = await stage.now(job)
    assert (job.channel_id, job.message_id, job.shown) == (201, 501, MessageState.QUEUED)
    async with soon():
        await stage.wakeup.wait(timedelta(hours=1))


async def test_the_price_is_an_estimate_until_powerpost_has_charged_it(stage: Stage, accept: Accept) -> None:
    spec = make_spec(prompt="a dog", model_id="veo-3.1")
    before = await accept.quote(spec)
    job = await accept.accept(VideoRequest(GUILD, CHANNEL, MEMBER, InteractionId(next(_INTERACTIONS)), spec))
    await stage.move(job, JobState.QUEUED, JobState.SUBMITTING)
    charged = JobChanges(credits_used=Credits(21), submitted_at=stage.clock.now())
    await stage.jobs.move(job.id, JobState.SUBMITTING, JobState.PROCESSING, **charged)

    after = await accept.quote(spec)

    assert (before.credits, before.is_exact) == (24, False)
    assert (after.credits, after.is_exact) == (21, True)


async def test_a_request_that_the_server_cannot_afford_leaves_nothing_behind(stage: Stage, accept: Accept) -> None:
    await stage.ledger.revoke(GUILD, Credits(GRANTED - 9), actor=OPERATOR, reason="for a test")

    with pytest.raises(InsufficientCredits) as refused:
        await accept.accept(a_request())

    assert (refused.value.needed, refused.value.available) == (15, 14)
    assert "Nothing was spent" in str(refused.value)
    assert await stage.jobs.in_states(*JobState) == []
    assert (await stage.balance()).reserved == 0


async def test_a_server_that_the_bot_never_heard_of_is_met_first(stage: Stage, accept: Accept) -> None:
    """Its starting credits are there for the very first request, once."""
    newcomer = GuildId(101)
    await stage.ledger.grant(newcomer, Credits(25), actor=OPERATOR, reason="for a test")
    for _ in range(2):
        await accept.accept(
            VideoRequest(newcomer, CHANNEL, MEMBER, InteractionId(next(_INTERACTIONS)), make_spec(prompt="a dog"))
        )

    balance = await stage.ledger.balance(newcomer)
    assert (balance.available, balance.reserved) == (0, 30)


async def test_a_bot_that_is_leaving_takes_no_request(stage: Stage, accept: Accept) -> None:
    accept.close()

    with pytest.raises(PlaceRefused, match="restarting"):
        await accept.accept(a_request())

    assert await stage.jobs.in_states(*JobState) == []


async def _set(stage: Stage, name: str, value: object) -> None:
    options = OptionStore(database=stage.database, clock=stage.clock)
    await options.change(GUILD, find_option(name), lambda _: value, actor=OPERATOR)


async def test_a_request_that_the_servers_rules_forbid_leaves_nothing_behind(stage: Stage, accept: Accept) -> None:
    await _set(stage, "blocked_words", ("cat",))

    with pytest.raises(ServerRuleBroken, match='the word "cat"'):
        await accept.check(a_request(), 1000)
    with pytest.raises(ServerRuleBroken, match='the word "cat"'):
        await accept.accept(a_request())

    assert await stage.jobs.in_states(*JobState) == []
    assert (await stage.balance()).reserved == 0


async def test_an_expensive_request_is_taken_once_its_price_is_agreed_to(stage: Stage, accept: Accept) -> None:
    await _set(stage, "confirm_from", 15)

    for too_little in (None, Credits(14)):
        with pytest.raises(ConfirmationNeeded) as needed:
            await accept.accept(a_request(), agreed=too_little)
        assert (needed.value.credits, needed.value.is_exact) == (15, False)
    assert (await stage.balance()).reserved == 0

    assert (await accept.accept(a_request(), agreed=Credits(15))).credits_held == 15


async def test_videos_at_once_are_limited_where_the_credits_are_held(stage: Stage, accept: Accept) -> None:
    await _set(stage, "jobs_per_server", 1)
    await accept.accept(a_request())

    with pytest.raises(TooManyAtOnce):
        await accept.accept(a_request())

    assert (await stage.balance()).reserved == 15
