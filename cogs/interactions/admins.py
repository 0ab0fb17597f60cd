"""Who may change a server's rules: members with Manage Server, checked again at every command, press and form.

Discord hides our admin commands from everybody else, but a server can open them to others in its own settings, and a
panel stays on the screen of somebody who has lost the permission since:
https://docs.discord.com/developers/interactions/application-commands#permissions
"""

from __future__ import annotations

from typing import Final

import discord

from bot.errors import PlaceRefused
from cogs.interactions.answers import Interaction
from cogs.interactions.place import Place, place_of

MANAGE_SERVER: Final = discord.Permissions(manage_guild=True)
"""For `app_commands.default_permissions`: who sees a command by default."""

NOT_AN_ADMIN: Final = 'This needs the permission "Manage Server". Nothing was changed.'


def require_manage_server(interaction: Interaction) -> Place:
    """The server, channel and member of an interaction, if that member manages the server.

    Discord sends the member's permissions with every interaction, so they are current.
    Raises `PlaceRefused`, also outside a server.
    """
    place = place_of(interaction)
    held = interaction.permissions
    if not (held.manage_guild or held.administrator):
        raise PlaceRefused(NOT_AN_ADMIN)
    return place
