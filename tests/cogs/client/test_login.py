"""Logging in to a local Discord: patiently while it cannot be reached, never with a token that it refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import discord
import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.errors import DiscordLoginFailed
from cogs.client.client import point_discord_at
from cogs.client.login import log_in
from sandbox.discord import DiscordSandbox, EdgeAnswer
from tests.clocks import MovableClock

ME = ("GET", "/users/@me")
APPLICATION = ("GET", "/oauth2/applications/@me")


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSandbox]:
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)
    async with DiscordSandbox() as sandbox:
        point_discord_at(sandbox.api_base)
        yield sandbox


@pytest.fixture
async def client() -> AsyncIterator[discord.Client]:
    async with discord.Client(intents=discord.Intents.none(), max_ratelimit_timeout=30) as client:
        yield client


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


async def test_the_right_token_is_accepted(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock
) -> None:
    await log_in(client, sandbox.token, clock)

    assert client.user is not None
    assert client.user.id == sandbox.bot.id


async def test_a_refused_token_is_said_with_advice_and_not_tried_again(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock
) -> None:
    with pytest.raises(DiscordLoginFailed, match=r"Reset Token") as refused:
        await log_in(client, "MTIz.wrong.token", clock)

    assert "wrong" not in str(refused.value)
    assert len(sandbox.requests.to(*ME)) == 1


async def test_any_other_refusal_is_said_too(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock
) -> None:
    sandbox.faults.answer(*ME, status=403, code=40002, message="Verify your account")

    with pytest.raises(DiscordLoginFailed, match="HTTP 403"):
        await log_in(client, sandbox.token, clock)


async def test_a_discord_that_cannot_be_reached_is_tried_again_ever_more_slowly(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock
) -> None:
    outage = sandbox.faults.reset(*ME, times=None)
    login = asyncio.create_task(log_in(client, sandbox.token, clock))

    pauses = []
    for _ in range(7):
        pauses.append(await clock.next_sleeper())
        if len(pauses) == 7:
            outage.withdraw()
        clock.move(pauses[-1])
    await login

    assert [pause.total_seconds() for pause in pauses] == [2, 4, 8, 16, 32, 60, 60]


@pytest.mark.parametrize("route", [ME, APPLICATION])
@pytest.mark.parametrize("edge", list(EdgeAnswer))
async def test_what_stands_before_discord_refuses_no_token(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock, edge: EdgeAnswer, route: tuple[str, str]
) -> None:
    sandbox.faults.edge(edge, *route, times=2)

    await clock.hurry(log_in(client, sandbox.token, clock))

    assert client.user is not None


async def test_a_401_without_discords_json_is_no_refused_token(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock
) -> None:
    fault = sandbox.faults.answer(*ME, status=401)
    fault.body = "<html>401 Authorization Required</html>"

    await clock.hurry(log_in(client, sandbox.token, clock))

    assert client.user is not None


@pytest.mark.parametrize("body", ["", "null", "not JSON", {}, {"id": None}])
async def test_an_answer_that_makes_no_sense_is_asked_for_again(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock, body: str | dict[str, None]
) -> None:
    sandbox.faults.answer(*ME, status=200, headers={}, times=1).body = body

    await clock.hurry(log_in(client, sandbox.token, clock))

    assert client.user is not None
    assert client.user.id == sandbox.bot.id


async def test_a_token_that_is_refused_later_is_said_in_the_same_words(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock
) -> None:
    sandbox.faults.answer(*APPLICATION, status=401, code=0, message="401: Unauthorized")

    with pytest.raises(DiscordLoginFailed, match="Reset Token"):
        await log_in(client, sandbox.token, clock)


@pytest.mark.parametrize("by_cloudflare", [True, False])
async def test_a_login_limited_by_discord_is_tried_again_later(
    sandbox: DiscordSandbox, client: discord.Client, clock: MovableClock, by_cloudflare: bool
) -> None:
    """Ending here would have the bot restarted by whatever watches it, and limited for longer still."""
    sandbox.faults.rate_limit(*ME, retry_after=45, by_cloudflare=by_cloudflare)

    await clock.hurry(log_in(client, sandbox.token, clock))

    assert client.user is not None
