"""A sandbox for each test, a bot on the real discord.py for it, and a plain client for what no library would send.

discord.py imports the deprecated audioop, and warnings are errors in our tests: hence the guarded import.
"""

from __future__ import annotations

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
import yarl

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message="'audioop' is deprecated", category=DeprecationWarning)
    import discord
    from discord.ext import commands
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

from sandbox.discord import Channel, DiscordSandbox, Interaction, MovableClock, TextChannel
from tests.e2e.openapi import load_description

RunBot = Callable[..., AbstractAsyncContextManager["SmallBot"]]
ECHO = {"name": "echo", "description": "Say it again", "contexts": [0, 1]}


class SmallBot(commands.AutoShardedBot):
    """Registers only what a test gives it."""

    def __init__(self, *given: Any) -> None:
        intents = discord.Intents(guilds=True)
        super().__init__("!", intents=intents, max_messages=None, help_command=None, guild_ready_timeout=0.05)
        self.resumptions = 0
        for command in given:
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Skips the five seconds between sessions that Discord asks for."""

    async def on_shard_resumed(self, shard_id: int) -> None:
        self.resumptions += 1


@dataclass(frozen=True, slots=True)
class Rest:
    """Requests without a library: each call returns the status and the JSON of the answer."""

    sandbox: DiscordSandbox
    session: aiohttp.ClientSession

    async def __call__(
        self, method: str, path: str, body: object = None, *, files: dict[str, bytes] | None = None, token: str = ""
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bot {token or self.sandbox.token}"}
        sent: Any = {"json": body} if body is not None else {}
        if files is not None:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(body), content_type="application/json")
            for index, (name, data) in enumerate(files.items()):
                form.add_field(f"files[{index}]", data, filename=name, content_type="application/octet-stream")
            sent = {"data": form}
        async with self.session.request(method, self.sandbox.api_base + path, headers=headers, **sent) as response:
            text = await response.text()
            return response.status, json.loads(text) if text and response.content_type == "application/json" else text

    async def code(self, *request: Any, **more: Any) -> int:
        """Only the error code."""
        _, body = await self(*request, **more)
        return int(body["code"])

    async def post(self, channel: Channel, **message: Any) -> tuple[int, Any]:
        return await self("POST", f"/channels/{channel.id}/messages", message)

    async def respond(self, use: Interaction, kind: int, data: object = None) -> tuple[int, Any]:
        body = {"type": kind} | ({} if data is None else {"data": data})
        return await self("POST", f"/interactions/{use.id}/{use.token}/callback?with_response=1", body)

    def webhook(self, use: Interaction, tail: str = "") -> str:
        return f"/webhooks/{self.sandbox.application_id}/{use.token}{tail}"

    async def register(self, *definitions: dict[str, Any]) -> tuple[int, Any]:
        return await self("PUT", f"/applications/{self.sandbox.application_id}/commands", list(definitions))


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
async def sandbox(clock: MovableClock) -> AsyncIterator[DiscordSandbox]:
    """Every successful answer in a test must match Discord's own API description.

    Refusals are not checked: the description calls the codes inside `errors` numbers, which Discord sends as names.
    """
    async with DiscordSandbox(clock=clock) as opened:
        yield opened
        description = load_description()
        if description is not None:
            granted = [request for request in opened.requests if (request.status or 0) < 400]
            assert [line for request in granted for line in description.problems_of_answer(request)] == []
        assert not [request for request in opened.requests if request.status == 500 and request.fault is None]


@pytest.fixture
async def rest(sandbox: DiscordSandbox) -> AsyncIterator[Rest]:
    async with aiohttp.ClientSession() as session:
        yield Rest(sandbox, session)


@pytest.fixture
def channel(sandbox: DiscordSandbox) -> TextChannel:
    """A channel of a guild that the bot is in."""
    return sandbox.add_guild("Film club").add_channel("videos")


@pytest.fixture
def run_bot(sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch) -> RunBot:
    """`async with run_bot(command, …) as bot:` runs a bot; all its requests must match the description."""

    @asynccontextmanager
    async def run(*given: Any, dynamic: tuple[Any, ...] = ()) -> AsyncIterator[SmallBot]:
        monkeypatch.setattr(Route, "BASE", sandbox.api_base)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(sandbox.gateway.url))
        bot = SmallBot(*given)
        bot.add_dynamic_items(*dynamic)
        running = asyncio.create_task(bot.start(sandbox.token))
        try:
            await sandbox.wait_until_ready(timeout=10)
            yield bot
        finally:
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)
        description = load_description()
        if description is not None:
            assert [line for request in sandbox.requests for line in description.problems_of(request)] == []

    return run
