"""`/operator`: the operator's commands in Discord, for the application's owners, in the one server that they chose.

Discord hides it from everybody but that server's admins; every use still checks that the person owns the application.
"""

from __future__ import annotations

from typing import Final

import discord
from discord import app_commands
from discord.app_commands import Range
from discord.ext import commands

from bot.domain.actor import Actor
from bot.domain.guild_names import Place, closest_guild, place_of
from bot.domain.identifiers import Credits, GuildId, InteractionId
from bot.domain.text import checked_reason
from bot.errors import InvalidRequest, PlaceRefused
from bot.services.ports import Grants, GuildList, Names, Spending
from cogs.interactions.answers import Interaction, announce_private_answer, give_announced_answer, text_view
from cogs.operator.owners import NOT_AN_OWNER, require_owner
from cogs.operator.text import granted_text, guilds_text, no_server_text, revoked_text, shown_text, spending_text

LARGEST_AMOUNT: Final = 1_000_000_000
LARGEST_ID: Final = 2**63 - 1
LONGEST_REASON: Final = 300

Reason = Range[str, 1, LONGEST_REASON]
Server = Range[str, 1, 20]


@app_commands.default_permissions(discord.Permissions.none())
class OperatorCog(
    commands.GroupCog, name="operator", group_name="operator", group_description="For the owners of this application."
):
    """The commands themselves; `home` is the only server where they work."""

    spending = app_commands.Group(name="spending", description="Stop and start all spending at once.")

    def __init__(self, *, home: GuildId, grants: Grants, guilds: GuildList, names: Names, spending: Spending) -> None:
        self._home = home
        self._grants = grants
        self._guilds = guilds
        self._names = names
        self._spending = spending

    @app_commands.command(description="Give a server credits.")
    @app_commands.rename(amount="credits")
    @app_commands.describe(server="The server's id", amount="How many", reason="Why; stays in the ledger for good")
    async def grant(
        self, interaction: Interaction, server: Server, amount: Range[int, 1, LARGEST_AMOUNT], reason: Reason
    ) -> None:
        actor = await self._begin(interaction)
        place = await self._server(server)
        after = await self._grants.grant(
            place.guild.guild_id,
            Credits(amount),
            actor=actor,
            reason=checked_reason(reason),
            interaction_id=InteractionId(interaction.id),
        )
        await _say(interaction, granted_text(place, amount, after))

    @app_commands.command(description="Take available credits back from a server.")
    @app_commands.rename(amount="credits")
    @app_commands.describe(server="The server's id", amount="How many", reason="Why; stays in the ledger for good")
    async def revoke(
        self, interaction: Interaction, server: Server, amount: Range[int, 1, LARGEST_AMOUNT], reason: Reason
    ) -> None:
        actor = await self._begin(interaction)
        place = await self._server(server)
        after = await self._grants.revoke(
            place.guild.guild_id,
            Credits(amount),
            actor=actor,
            reason=checked_reason(reason),
            interaction_id=InteractionId(interaction.id),
        )
        await _say(interaction, revoked_text(place, amount, after))

    @app_commands.command(description="See what a server has available, reserved and spent.")
    @app_commands.describe(server="The server's id")
    async def show(self, interaction: Interaction, server: Server) -> None:
        await self._begin(interaction)
        place = await self._server(server)
        await _say(interaction, shown_text(place, await self._grants.balance(place.guild.guild_id)))

    @app_commands.command(description="See every server, its credits and its jobs.")
    async def guilds(self, interaction: Interaction) -> None:
        await self._begin(interaction)
        await _say(interaction, guilds_text(await self._guilds.all()))

    @spending.command(name="stop", description="Stop taking requests and sending orders, for all servers.")
    @app_commands.describe(reason="Why; kept for good")
    async def stop(self, interaction: Interaction, reason: Reason) -> None:
        actor = await self._begin(interaction)
        await _say(interaction, spending_text(await self._spending.stop(actor=actor, reason=checked_reason(reason))))

    @spending.command(name="start", description="Take requests and send orders again.")
    @app_commands.describe(reason="Why; kept for good")
    async def start(self, interaction: Interaction, reason: Reason) -> None:
        actor = await self._begin(interaction)
        await _say(interaction, spending_text(await self._spending.start(actor=actor, reason=checked_reason(reason))))

    @spending.command(name="status", description="See whether spending is stopped, since when, by whom and why.")
    async def status(self, interaction: Interaction) -> None:
        await self._begin(interaction)
        await _say(interaction, spending_text(await self._spending.status()))

    async def _begin(self, interaction: Interaction) -> Actor:
        """Announce the answer and find out who acts.

        Raises `PlaceRefused` for anyone who does not own the application, and in any other server.
        """
        if interaction.guild_id != self._home:
            raise PlaceRefused(NOT_AN_OWNER)
        await announce_private_answer(interaction)
        return await require_owner(interaction)

    async def _server(self, text: str) -> Place:
        """The server with this id; text, because Discord's integer options stop below 64 bits.

        Raises `InvalidRequest`, which names the closest server.
        """
        known = await self._names.known()
        number = text.strip()
        if not (number.isascii() and number.isdigit() and 1 <= int(number) <= LARGEST_ID):
            raise InvalidRequest(no_server_text(closest_guild(number, known)))
        guild_id = GuildId(int(number))
        return place_of(guild_id, known)


async def _say(interaction: Interaction, said: str) -> None:
    await give_announced_answer(interaction, text_view(said))
