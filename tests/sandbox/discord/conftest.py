"""A sandbox for each test, and a small bot on the real discord.py that talks to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from sandbox.discord import DiscordSandbox

StartBot = Callable[..., AbstractAsyncContextManager[commands.AutoShardedBot]]


class SmallBot(commands.AutoShardedBot):
    """Registers what a test gives it and nothing else."""

    def __init__(self, *given: app_commands.Command | app_commands.Group | app_commands.ContextMenu) -> None:
        super().__init__(command_prefix="!", intents=discord.Intents(guilds=True), max_messages=None, help_command=None)
        for command in given:
            self.tree.add_command(command)

    async def setup_hook(self) -> None:
        await self.tree.sync()


@pytest.fixture
async def sandbox() -> AsyncIterator[DiscordSandbox]:
    async with DiscordSandbox() as opened:
        yield opened


@pytest.fixture
def start_bot(sandbox: DiscordSandbox, monkeypatch: pytest.MonkeyPatch) -> StartBot:
    """`async with start_bot(command, …) as bot:` runs a bot that is ready for commands."""

    @asynccontextmanager
    async def start(*given: app_commands.Command, dynamic: tuple[type, ...] = ()) -> AsyncIterator[SmallBot]:
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

    return start
