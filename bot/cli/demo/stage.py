"""Where the demo plays: a local Discord, a local PowerPost, and the bot in its own process."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.discord import DiscordSandbox, Guild, Member, TextChannel
from sandbox.powerpost import PowerPostSandbox

CREDITS_OF_GUILD = 200
CREDITS_OF_ACCOUNT = 1000
READY_WITHIN = 30.0
GONE_WITHIN = 100.0


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs; `environment` is what the bot's process was started with."""

    discord: DiscordSandbox
    powerpost: PowerPostSandbox
    guild: Guild
    channel: TextChannel
    member: Member
    environment: dict[str, str]


@asynccontextmanager
async def opened_stage() -> AsyncIterator[Stage]:
    """Both sandboxes and a ready bot; everything is stopped and removed afterwards.

    Raises `TimeoutError` if the bot does not become ready.
    """
    async with AsyncExitStack() as resources:
        folder = Path(resources.enter_context(TemporaryDirectory(prefix="videobot-demo-")))
        discord = await resources.enter_async_context(DiscordSandbox())
        powerpost = await resources.enter_async_context(PowerPostSandbox(generation_time=timedelta(seconds=4)))
        guild = discord.add_guild("Film club")
        environment = _environment(discord, powerpost, folder)
        stage = Stage(discord, powerpost, guild, guild.add_channel("videos"), guild.add_member("Mia"), environment)
        await resources.enter_async_context(_running_bot(environment, folder))
        await discord.wait_until_ready(timeout=READY_WITHIN)
        yield stage


def _environment(discord: DiscordSandbox, powerpost: PowerPostSandbox, folder: Path) -> dict[str, str]:
    account = powerpost.add_account(credits=CREDITS_OF_ACCOUNT)
    return os.environ | {
        "DISCORD_TOKEN": discord.token,
        "DISCORD_API_BASE": discord.api_base,
        "POWERPOST_API_KEY": account.api_key,
        "POWERPOST_WORKSPACE_ID": str(account.workspace_id),
        "POWERPOST_BASE_URL": powerpost.base_url,
        "DATABASE_URL": f"sqlite+aiosqlite:///{folder}/videobot.db",
        "DATA_DIR": str(folder),
        "STARTING_CREDITS": str(CREDITS_OF_GUILD),
        "ENCRYPTION_KEYS": "",
        "METRICS_ADDR": "",
        "SHARD_IDS": "",
        "SHARD_COUNT": "",
        "LOG_LEVEL": "WARNING",
    }


@asynccontextmanager
async def _running_bot(environment: dict[str, str], folder: Path) -> AsyncIterator[None]:
    """`python -m bot run`, started where there is no .env file, and stopped as an operator would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environment | {"PYTHONPATH": _import_path()}, cwd=folder
    )
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(GONE_WITHIN):
            await process.wait()


def _import_path() -> str:
    """Where this process found the package, so that the bot's process finds the same one from its own folder."""
    return os.pathsep.join([str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])])
