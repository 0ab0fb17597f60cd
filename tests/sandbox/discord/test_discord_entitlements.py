"""Purchases: announced by the gateway, listed, and consumed once."""

from __future__ import annotations

import asyncio
from typing import Any

import discord

from sandbox.discord import DiscordSandbox
from tests.sandbox.discord.conftest import Rest, RunBot

SKU = 777


async def test_a_purchase_is_announced_by_the_gateway_and_consumed_by_the_bot(
    sandbox: DiscordSandbox, run_bot: RunBot
) -> None:
    guild = sandbox.add_guild("Film club")
    mia = guild.add_member("Mia")
    heard: asyncio.Queue[discord.Entitlement] = asyncio.Queue()

    @discord.app_commands.command(name="any", description="For the bot to be ready")
    async def anything(_: discord.Interaction[Any]) -> None: ...

    async with run_bot(anything) as bot:

        async def on_entitlement_create(entitlement: discord.Entitlement) -> None:
            heard.put_nowait(entitlement)

        bot.add_listener(on_entitlement_create)
        bought = sandbox.buy(mia, SKU)
        async with asyncio.timeout(30):
            told = await heard.get()
        await told.consume()

    assert (told.id, told.sku_id, told.user_id, told.guild_id) == (bought.id, SKU, mia.id, guild.id)
    assert not told.consumed
    assert bought.consumed


async def test_purchases_are_listed_in_pages_in_ascending_order(sandbox: DiscordSandbox, rest: Rest) -> None:
    mia = sandbox.add_guild("Film club").add_member("Mia")
    ids = [str(sandbox.buy(mia, SKU + number % 2, for_guild=number != 2).id) for number in range(5)]
    path = f"/applications/{sandbox.application_id}/entitlements"

    async def listed(query: str) -> list[str]:
        _, page = await rest("GET", f"{path}?{query}")
        return [entitlement["id"] for entitlement in page]

    assert await listed("") == ids
    assert await listed(f"after={ids[1]}&limit=2") == ids[2:4]
    assert await listed(f"before={ids[4]}&limit=2") == ids[2:4]
    assert await listed(f"sku_ids={SKU}") == ids[::2]
    _, alone = await rest("GET", f"{path}/{ids[2]}")
    assert "guild_id" not in alone


async def test_an_unknown_purchase_cannot_be_consumed(sandbox: DiscordSandbox, rest: Rest) -> None:
    assert await rest.code("POST", f"/applications/{sandbox.application_id}/entitlements/5/consume") == 10070
    assert await rest.code("GET", "/applications/5/entitlements") == 10002
