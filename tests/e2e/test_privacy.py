"""Members see what is stored about them and have it erased; servers that removed the bot are forgotten."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from bot.domain.patience import LEAST_TIMES, Reason, Wait
from bot.services.retention import SEEN_GONE_FOR
from sandbox.discord import Interaction, Message
from storage.waits import WaitStore
from tests.e2e.product import VIDEO_WITHIN, Product

SECRET = "A hidden valley named Quetzalcoatl"


async def said(product: Product, use: Interaction) -> Message:
    message = (await use.first_response()).message
    assert message is not None
    await product.discord.wait_for(lambda: not message.loading)
    assert message.ephemeral
    return message


async def privacy(product: Product) -> Message:
    return await said(product, await product.mia.slash(product.channel, "privacy"))


async def erase(product: Product) -> Message:
    """`/privacy`, both buttons, and what is said in the end."""
    message = await privacy(product)
    await product.mia.press(message, "Erase my prompts and history")
    await product.discord.wait_for(lambda: "Erase for good" in [button.label for button in message.buttons])
    await product.mia.press(message, "Erase for good")
    await product.discord.wait_for(lambda: not message.buttons)
    return message


async def test_a_member_has_their_videos_erased_to_the_last_byte(running: Product) -> None:
    await running.video(SECRET)
    await running.settled()
    assert b"Quetzalcoatl" in bytes_of_database(running)

    message = await erase(running)

    assert "The prompts and history of one video are gone" in message.text
    assert b"Quetzalcoatl" not in bytes_of_database(running)
    history = await said(running, await running.mia.slash(running.channel, "history"))
    assert "You have no videos in this server yet." in history.text
    assert (await running.balance()).spent == 15
    assert (await running.command("ledger", "verify"))[0] == 0


async def test_nothing_is_erased_while_a_video_is_under_way(running: Product) -> None:
    running.powerpost.production.hold()
    await running.video(SECRET)

    message = await erase(running)

    assert "1 video of yours is still in progress" in message.text
    running.powerpost.production.release()
    await running.settled()
    assert "Quetzalcoatl" in (await running.jobs())[0].spec.prompt


async def test_a_member_erases_their_own_alone(running: Product) -> None:
    await running.video(SECRET)
    await running.settled()
    leo = running.guild.add_member("Leo")
    asked = await said(running, await leo.slash(running.channel, "privacy"))

    await leo.press(asked, "Erase my prompts and history")
    await running.discord.wait_for(lambda: "Erase for good" in [button.label for button in asked.buttons])
    await leo.press(asked, "Erase for good")

    await running.discord.wait_for(lambda: "nothing to erase" in asked.text)
    assert (await running.jobs())[0].spec.prompt == SECRET


async def test_a_server_that_removed_the_bot_is_forgotten_after_the_settings_time(product: Product) -> None:
    product.settings["FORGET_GUILDS_AFTER_DAYS"] = "7"
    await product.start_bot()
    await product.video(SECRET)
    await product.settled()
    product.guild.kick_bot()
    await left_a_week_ago(product)
    await product.stop_bot()
    await seen_gone_for_a_day(product)

    await product.launch()

    await product.until(lambda jobs: jobs[0].spec.prompt == "")
    assert await product.stop_bot() == 0
    assert b"Quetzalcoatl" not in bytes_of_database(product)
    assert (await product.balance()).spent == 15


async def left_a_week_ago(product: Product) -> None:
    """Once the bot has noted that it was removed, let that have been a week ago."""
    a_week_ago = datetime.now(UTC) - timedelta(days=7, minutes=1)
    with closing(sqlite3.connect(product.folder / "videobot.db", isolation_level=None)) as database:
        moved = "UPDATE guilds SET left_at = ? WHERE left_at IS NOT NULL"
        async with asyncio.timeout(VIDEO_WITHIN):
            while database.execute(moved, [f"{a_week_ago:%F %T.%f}"]).rowcount == 0:  # noqa: ASYNC110  no event: another process's
                await asyncio.sleep(0.05)


async def seen_gone_for_a_day(product: Product) -> None:
    """As processes before this one have kept it; only one more look is wanting."""
    async with product._database() as database:
        await WaitStore(database=database).keep(
            Reason.LEFT, str(product.guild.id), Wait(SEEN_GONE_FOR, LEAST_TIMES - 1)
        )


def bytes_of_database(product: Product) -> bytes:
    files = [path for path in product.folder.iterdir() if path.name.startswith("videobot.db")]
    return b"".join(path.read_bytes() for path in files)
