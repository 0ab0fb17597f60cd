"""A bot in a separate process, killed in the middle of its work and started again."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sandbox.discord import DiscordSandbox, TextChannel

BOT = """
import io, os, warnings
warnings.simplefilter("ignore")
import discord, yarl
from discord.ext import commands

discord.http.Route.BASE = os.environ["DISCORD_API_BASE"]
discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["GATEWAY"])

class Bot(commands.AutoShardedBot):
    async def setup_hook(self):
        await self.tree.sync()

bot = Bot("!", intents=discord.Intents(guilds=True), help_command=None)

@bot.tree.command(description="Make a video")
async def video(interaction):
    answer = await interaction.response.send_message("working")
    message = interaction.channel.get_partial_message(answer.message_id)
    await message.edit(content="done", attachments=[discord.File(io.BytesIO(bytes(2**22)), "clip.mp4")])

bot.run(os.environ["TOKEN"], log_handler=None)
"""


@asynccontextmanager
async def running_bot(sandbox: DiscordSandbox) -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {"DISCORD_API_BASE": sandbox.api_base, "GATEWAY": sandbox.gateway.url, "TOKEN": sandbox.token}
    bot = await asyncio.create_subprocess_exec(sys.executable, "-c", BOT, env=os.environ | environment)
    try:
        await sandbox.wait_until_ready()
        yield bot
    finally:
        if bot.returncode is None:
            bot.kill()
        await bot.wait()


async def test_killed_bot_can_connect_again(sandbox: DiscordSandbox, channel: TextChannel) -> None:
    mia = channel.guild.add_member("Mia")
    stuck = sandbox.faults.hang("PATCH", "/channels/*")
    async with running_bot(sandbox) as bot:
        await mia.slash(channel, "video")
        await sandbox.wait_for(lambda: stuck.hits, timeout=30)
        bot.kill()
        await sandbox.wait_until_gone()

    async with running_bot(sandbox):
        await mia.slash(channel, "video")
        await sandbox.wait_for(lambda: channel.messages[-1].attachments, timeout=30)

    assert [message.text for message in channel.messages] == ["working", "done"]
    assert sandbox.gateway.identified == 2
    assert len(sandbox.gateway.connected) <= 1
