"""Who owns the application: one person, or the team members who may change it.

https://docs.discord.com/developers/topics/teams
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import discord

from bot.domain.actor import Actor, by_user
from bot.errors import PlaceRefused
from cogs.interactions.answers import Interaction
from cogs.interactions.discord_errors import calling_discord

ASK_WITHIN: Final = timedelta(seconds=10)
MAY_OPERATE: Final = (discord.TeamMemberRole.admin, discord.TeamMemberRole.developer)
NOT_AN_OWNER: Final = "This is only for the owners of the bot's application. Nothing was changed."


async def require_owner(interaction: Interaction) -> Actor:
    """Who acts, as ledgers write it, if that person owns the application.

    Discord is asked each time, so people who have left the team can do nothing.
    Raises `PlaceRefused`, and `DiscordError` when Discord cannot tell.
    """
    async with calling_discord(ASK_WITHIN):
        application = await interaction.client.application_info()
    if interaction.user.id not in owner_ids(application):
        raise PlaceRefused(NOT_AN_OWNER)
    return by_user(interaction.user.id)


def owner_ids(application: discord.AppInfo) -> frozenset[int]:
    """The owner; for a team its owner, admins and developers, but not invited or read-only members."""
    team = application.team
    if team is None:
        return frozenset({application.owner.id})
    accepted = discord.TeamMembershipState.accepted
    members = {
        member.id for member in team.members if member.membership_state is accepted and member.role in MAY_OPERATE
    }
    return frozenset(members | ({team.owner_id} if team.owner_id is not None else set()))
