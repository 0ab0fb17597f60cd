"""`/workspace link`, `/workspace show` and `/workspace unlink`, for people who manage the server.

Each command, form and button checks again that the member may.
"""

from __future__ import annotations

import logging

from discord import app_commands
from discord.ext import commands
from pydantic import SecretStr

from bot.domain.identifiers import LinkId
from bot.errors import PowerPostError
from bot.services.accounts.linking import Workspaces
from cogs.interactions.admins import MANAGE_SERVER, require_manage_server
from cogs.interactions.answers import (
    ANSWER_WITHIN,
    Interaction,
    announce_private_answer,
    announce_update,
    give_announced_answer,
    text_view,
)
from cogs.interactions.discord_errors import calling_discord
from cogs.workspace.text import (
    ALREADY_UNLINKED,
    NO_WORKSPACE_ID,
    NOT_LINKED,
    UNLINKED,
    linked_text,
    parse_workspace_id,
    refused_text,
    status_text,
)
from cogs.workspace.views import COG_NAME, LinkForm, UnlinkButton, unlink_view

_log = logging.getLogger(__name__)


@app_commands.default_permissions(MANAGE_SERVER)
class WorkspaceCog(
    commands.GroupCog,
    name=COG_NAME,
    group_name="workspace",
    group_description="This server's own PowerPost account.",
):
    """The commands themselves."""

    dynamic_items = (UnlinkButton,)

    def __init__(self, *, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    @app_commands.command(name="link", description="Pay for this server's videos with its own PowerPost account.")
    async def ask_for_account(self, interaction: Interaction) -> None:
        require_manage_server(interaction)
        async with calling_discord(ANSWER_WITHIN):
            await interaction.response.send_modal(LinkForm(self))

    @app_commands.command(name="show", description="See which PowerPost account this server uses, and its balance.")
    async def show(self, interaction: Interaction) -> None:
        place = require_manage_server(interaction)
        await announce_private_answer(interaction)
        status = await self._workspaces.status(place.guild_id)
        await give_announced_answer(interaction, text_view(status_text(status)))

    @app_commands.command(name="unlink", description="Stop using this server's own PowerPost account.")
    async def unlink(self, interaction: Interaction) -> None:
        place = require_manage_server(interaction)
        await announce_private_answer(interaction)
        link = await self._workspaces.active(place.guild_id)
        await give_announced_answer(interaction, text_view(NOT_LINKED) if link is None else unlink_view(link))

    async def link(self, interaction: Interaction, key: SecretStr, workspace_id: str) -> None:
        """Check and store the account from a submitted form; the answer is private."""
        place = require_manage_server(interaction)
        await announce_private_answer(interaction)
        workspace = parse_workspace_id(workspace_id)
        if workspace is None:
            await give_announced_answer(interaction, text_view(NO_WORKSPACE_ID))
            return
        try:
            status = await self._workspaces.link(place.guild_id, place.user_id, key, workspace)
        except PowerPostError as error:
            facts = {"guild": place.guild_id, "error": type(error).__name__, "request": error.facts.request_id}
            _log.info("An account was not linked", extra={"action": "not_linked", **facts})
            await give_announced_answer(interaction, text_view(refused_text(error)))
        else:
            await give_announced_answer(interaction, text_view(linked_text(status)))

    async def unlink_for_good(self, interaction: Interaction, link_id: LinkId) -> None:
        """Unlink the account that the admin was asked about."""
        place = require_manage_server(interaction)
        await announce_update(interaction)
        link = await self._workspaces.unlink(place.guild_id, place.user_id, link_id)
        await give_announced_answer(interaction, text_view(ALREADY_UNLINKED if link is None else UNLINKED))
