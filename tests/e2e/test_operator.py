"""The operator: from Discord in one server, from the command line, and the switch that stops all spending."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.domain.job import JobState
from sandbox.discord import Guild, Member, NotPossible, Permissions, TextChannel
from tests.e2e.product import STARTING_CREDITS, Product


class Headquarters:
    """The operator's own server, with the application's owner and an admin who does not own it."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.guild: Guild = product.discord.add_guild("Headquarters")
        self.channel: TextChannel = self.guild.add_channel("operations")
        self.admin: Member = self.guild.add_member("Ada", permissions=Permissions.ADMINISTRATOR)
        product.settings["OPERATOR_GUILD_ID"] = str(self.guild.id)

    @property
    def owner(self) -> Member:
        return self.guild.members[self.guild.owner.id]

    async def ask(self, who: Member, command: str, **options: str | int) -> str:
        """What `who` is answered, for nobody else to see."""
        use = await who.slash(self.channel, f"operator {command}", opened_by_admin=True, **options)
        answer = await use.first_response()
        assert answer.ephemeral
        message = answer.message
        assert message is not None
        return await self.product.discord.wait_for(lambda: message.text or None, what="an answer in words")


@pytest.fixture
async def headquarters(product: Product) -> Headquarters:
    headquarters = Headquarters(product)
    await product.start_bot()
    await product.discord.wait_for(lambda: product.discord.world.commands.all(headquarters.guild.id), timeout=20)
    async with asyncio.timeout(30):
        while (await product.balance()).granted < STARTING_CREDITS:  # noqa: ASYNC110  the database is another process's
            await asyncio.sleep(0.05)
    return headquarters


async def test_an_owner_grants_shows_and_revokes(product: Product, headquarters: Headquarters) -> None:
    server = str(product.guild.id)
    owner = headquarters.owner

    granted = await headquarters.ask(owner, "grant", server=server, credits=250, reason="a gift")
    shown = await headquarters.ask(owner, "show", server=server)
    refused = await headquarters.ask(owner, "revoke", server=server, credits=5000, reason="too much")
    revoked = await headquarters.ask(owner, "revoke", server=server, credits=50, reason="a bit less")
    listed = await headquarters.ask(owner, "guilds")
    blank = await headquarters.ask(owner, "grant", server=server, credits=1, reason="\u3164")

    assert "Granted 250 credits" in granted
    assert f"Available: {STARTING_CREDITS + 250:,}" in shown
    assert "cannot be revoked" in refused
    assert f"Available: {STARTING_CREDITS + 200:,}" in revoked
    assert server in listed
    assert "The reason is empty." in blank
    _, grant, revocation = await product.entries()
    assert (grant.actor, grant.reason, int(revocation.amount)) == (f"user:{owner.id}", "a gift", 50)


async def test_an_admin_who_does_not_own_the_application_may_do_nothing(
    product: Product, headquarters: Headquarters
) -> None:
    """Ada sees the commands, as every administrator of that server does, and is refused by the bot itself."""
    server = str(product.guild.id)

    for command, options in {
        "grant": {"server": server, "credits": 250, "reason": "for me"},
        "revoke": {"server": server, "credits": 250, "reason": "from them"},
        "show": {"server": server},
        "guilds": {},
        "spending stop": {"reason": "mischief"},
        "spending start": {"reason": "mischief"},
        "spending status": {},
    }.items():
        words = await headquarters.ask(headquarters.admin, command, **options)  # type: ignore[arg-type]  # by hand
        assert "for the owners of the bot's application" in words, command

    assert (await product.balance()).available == STARTING_CREDITS
    assert json.loads((await product.command("spending", "status", "--json"))[1])["stopped"] is False


async def test_other_servers_have_no_such_command(product: Product, headquarters: Headquarters) -> None:
    assert headquarters.guild.id != product.guild.id
    with pytest.raises(NotPossible):
        await product.mia.slash(product.channel, "operator guilds", opened_by_admin=True)


async def test_without_the_setting_the_commands_are_taken_back(product: Product, headquarters: Headquarters) -> None:
    assert product.discord.world.commands.all(headquarters.guild.id)

    await product.stop_bot()
    del product.settings["OPERATOR_GUILD_ID"]
    await product.start_bot()

    commands = product.discord.world.commands
    await product.discord.wait_for(lambda: not commands.all(headquarters.guild.id))


async def test_a_server_without_the_bot_does_not_keep_it_from_starting(product: Product) -> None:
    product.settings["OPERATOR_GUILD_ID"] = "5"

    await product.start_bot()

    async with asyncio.timeout(10):
        while "Invite the bot to that server" not in product.log:  # noqa: ASYNC110  another process writes it
            await asyncio.sleep(0.05)
    assert (await product.video()).message is not None


async def test_the_switch_refuses_requests_on_a_running_bot_and_lets_what_is_ordered_end(
    product: Product, headquarters: Headquarters
) -> None:
    ordered = await product.video("A lighthouse")
    await product.until(lambda jobs: jobs[0].state is not JobState.QUEUED)

    stopped = await headquarters.ask(headquarters.owner, "spending stop", reason="an odd bill")
    refused = await product.video("A second lighthouse")

    assert "Spending is stopped" in stopped
    assert refused.message is not None
    assert "The bot's operator has paused videos. Please try again later. Nothing was spent." in refused.message.text
    assert refused.ephemeral
    assert ordered.message is not None
    await product.finished(ordered.message)
    assert len(await product.jobs()) == 1

    code, words = await product.command("spending", "start", "--reason", "all is well")
    assert (code, "Spending is allowed" in words) == (0, True)
    again = await product.video("A second lighthouse")
    assert again.message is not None
    await product.finished(again.message)


async def test_a_stop_survives_a_restart_and_queued_videos_wait(product: Product) -> None:
    await product.start_bot()
    await product.stop_bot()
    await product.command("spending", "stop", "--reason", "the night")
    await product.start_bot()

    refused = await product.video()

    assert refused.message is not None
    assert "operator has paused videos" in refused.message.text
    assert product.orders == 0


async def test_a_purchase_in_discord_tops_up_the_server_once_over_restarts(product: Product) -> None:
    product.settings["CREDIT_PACKS"] = "777=500"
    before = product.discord.buy(product.mia, 777)
    await product.start_bot()
    await product.discord.wait_for(lambda: before.consumed or None, timeout=30)
    after = product.discord.buy(product.mia, 777)
    await product.discord.wait_for(lambda: after.consumed or None, timeout=30)
    before.consumed = False
    await product.stop_bot()
    await product.start_bot()
    await product.discord.wait_for(lambda: before.consumed or None, timeout=30)

    assert (await product.balance()).granted == STARTING_CREDITS + 1000
