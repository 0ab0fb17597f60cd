"""A server's settings, with the real bot: who may change them, what each of them does, and who hears of it.

One bot serves all of these stories; each puts back what it has set.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio

from bot.clock import SystemClock
from bot.domain.actor import OPERATOR
from bot.domain.identifiers import GuildId
from bot.domain.options import find_option
from sandbox.discord import AnswerKind, Member, Message, Permissions, Upload
from storage.options import OptionStore
from tests.e2e.pictures import picture
from tests.e2e.product import OptionValue, Product, open_product

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    async with open_product(tmp_path_factory.mktemp("settings")) as opened:
        await opened.start_bot()
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ada(product: Product) -> Member:
    return product.guild.add_member("Ada", permissions=Permissions.MANAGE_GUILD)


@asynccontextmanager
async def setting(product: Product, name: str, value: str, *, default: str = "none") -> AsyncIterator[None]:
    """A setting as it was changed by the operator, and back to its default afterwards."""
    await _set(product, name, value)
    try:
        yield
    finally:
        await _set(product, name, default)


async def _set(product: Product, name: str, value: str) -> None:
    option = find_option(name)
    async with product._database() as database:
        options = OptionStore(database=database, clock=SystemClock())
        await options.change(GuildId(product.guild.id), option, lambda _: option.kind.parse(value), actor=OPERATOR)


async def _panel(product: Product, admin: Member) -> Message:
    answer = await (await admin.slash(product.channel, "settings")).first_response()
    assert answer.ephemeral
    assert answer.message is not None
    message = answer.message
    await product.discord.wait_for(lambda: "Settings of this server" in message.text)
    return message


async def test_an_admin_changes_a_setting_and_the_log_channel_says_who_did(product: Product, ada: Member) -> None:
    log, film = product.guild.add_channel("bot-log"), product.guild.add_channel("film")
    panel = await _panel(product, ada)

    await (await ada.select(panel, "settings:choose::0", ["log_channel"])).first_response()
    await product.discord.wait_for(lambda: "Where the bot reports" in panel.text)
    await (await ada.select(panel, "settings:set:log_channel:0", [log])).first_response()
    await product.discord.wait_for(lambda: f"**Log channel:** <#{log.id}>" in panel.text)
    await (await ada.select(panel, "settings:choose::0", ["allowed_channels"])).first_response()
    await product.discord.wait_for(lambda: "Where videos may be made" in panel.text)
    await (await ada.select(panel, "settings:set:allowed_channels:0", [film])).first_response()
    await product.discord.wait_for(lambda: f"**Allowed channels:** <#{film.id}>" in panel.text)

    await product.discord.wait_for(lambda: len(log.messages) == 2, timeout=30)
    assert [message.text.splitlines()[0] for message in log.messages] == [
        f"**Setting changed** by <@{ada.id}>",
        f"**Setting changed** by <@{ada.id}>",
    ]
    assert f"After: <#{film.id}>" in log.messages[1].text
    assert ada.notifications == []
    refused = await product.video()
    assert refused.message is not None
    assert refused.message.text == f"You can make videos only in <#{film.id}>. Nothing was spent."

    code, said = await product.command("settings", "set", str(product.guild.id), "allowed_channels", "none")
    assert (code, "allowed_channels: everywhere" in said) == (0, True)
    await product.discord.wait_for(lambda: len(log.messages) == 3, timeout=30)
    assert "by the bot's operator" in log.messages[2].text
    await _set(product, "log_channel", "none")


async def test_a_member_without_rights_is_told_so_even_where_discord_lets_them_through(product: Product) -> None:
    answer = await (await product.mia.slash(product.channel, "settings", opened_by_admin=True)).first_response()

    assert answer.ephemeral
    assert answer.message is not None
    assert "Manage Server" in answer.message.text


REFUSALS: dict[str, tuple[str, str, str, dict[str, OptionValue], str]] = {
    "allowed_models": ("veo-3.1", "none", "A cat", {}, "This server does not use Kling 3.0 Pro"),
    "longest_duration": ("5", "none", "A cat", {"duration": 10}, "Videos can be up to 5 seconds here, not 10"),
    "sound_allowed": ("no", "yes", "A cat", {"audio": True}, "only silent videos"),
    "blocked_words": ("zebra", "none", "A ZÉBRA runs", {}, 'the word "zebra"'),
}


@pytest.mark.parametrize("name", REFUSALS)
async def test_what_a_setting_does_not_allow_is_refused_and_costs_nothing(product: Product, name: str) -> None:
    value, default, prompt, options, words = REFUSALS[name]
    orders, available = product.orders, (await product.balance()).available

    async with setting(product, name, value, default=default):
        if name == "allowed_models":
            options = {"model": "kling-3.0-pro"}
        answer = await product.video(prompt, **options)

    assert answer.ephemeral
    assert answer.message is not None
    assert words in answer.message.text
    assert product.orders == orders
    assert (await product.balance()).available == available


async def test_roles_and_members_decide_who_may(product: Product) -> None:
    task_pool = product.guild.add_role("TaskPool")
    async with setting(product, "allowed_roles", str(task_pool.id)):
        refused = await product.video()
        product.mia.roles.append(task_pool)
        made = await product.video()
        async with setting(product, "blocked_members", str(product.mia.id)):
            blocked = await product.video()

    assert refused.message is not None
    assert f"<@&{task_pool.id}>" in refused.message.text
    assert not made.ephemeral
    assert blocked.message is not None
    assert "have blocked you from making videos" in blocked.message.text
    await product.settled()


async def test_the_default_model_makes_what_nobody_chose_a_model_for(product: Product) -> None:
    async with setting(product, "default_model", "runway-gen-4.5", default="kling-3.0-pro"):
        answer = await product.video()

    assert answer.message is not None
    assert "Runway Gen-4.5" in answer.message.text
    await product.finished(answer.message)
    await product.settled()


async def test_a_place_for_one_video_at_once_is_free_again_when_it_is_ready(product: Product) -> None:
    async with setting(product, "jobs_per_member", "1"):
        first = await product.video()
        second = await product.video()
        assert first.message is not None
        assert second.message is not None
        assert "You have 1 video in progress" in second.message.text
        await product.finished(first.message)
        await product.settled()
        third = await product.video()

    assert not third.ephemeral
    await product.settled()


@pytest.mark.parametrize(("chosen", "pings", "letters"), [("here", 1, 0), ("direct", 0, 1), ("off", 0, 0)])
async def test_members_hear_that_a_video_is_ready_as_the_server_likes(
    product: Product, chosen: str, pings: int, letters: int
) -> None:
    bea = product.guild.add_member(f"Bea {chosen}")
    async with setting(product, "completion_mention", chosen, default="here"):
        answer = await (await bea.slash(product.channel, "video", prompt="A dog")).first_response()
        assert answer.message is not None
        await product.finished(answer.message)
        await product.settled()
        if chosen == "direct":
            await product.discord.wait_for(lambda: bea.inbox or None)
        elif chosen == "here":
            await product.discord.wait_for(lambda: bea.notifications or None)

    assert len([message for message in product.channel.messages if f"<@{bea.id}>, your" in message.text]) == pings
    assert len(bea.inbox) == letters


async def test_an_expensive_video_is_asked_about_and_then_made_as_any_other(product: Product) -> None:
    source = Upload("dog.png", picture("PNG", 128, 128), "image/png")
    before = await product.balance()
    async with setting(product, "confirm_from", "10"):
        question = await product.video("A dog wakes up", image=source)
        assert question.ephemeral
        assert question.message is not None
        assert f"This server has {before.available:,} credits available." in question.message.text
        assert (await product.balance()) == before

        made = await (await product.mia.press(question.message, "Make it")).first_response()

    assert made.kind is AnswerKind.MESSAGE
    assert not made.ephemeral
    assert made.message is not None
    finished = await product.finished(made.message)
    assert "It cost 15 credits" in finished.text
    assert (await product.settled()).spent == before.spent + 15
    assert len(product.powerpost.uploads) == 1


async def test_a_restart_between_question_and_reply_costs_nothing(product: Product) -> None:
    before, orders = await product.balance(), product.orders
    async with setting(product, "confirm_from", "10"):
        question = (await product.video()).message
        assert question is not None
        assert await product.stop_bot() == 0
        await product.discord.wait_until_gone()
        await product.start_bot()

        answer = await (await product.mia.press(question, "Make it")).first_response()

    assert answer.kind is AnswerKind.UPDATE
    assert "This question is closed" in question.text
    assert question.buttons == ()
    assert (await product.balance(), product.orders) == (before, orders)
