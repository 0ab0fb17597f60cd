"""The form for an account's key and workspace, and the question before an account is unlinked."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui
from pydantic import SecretStr

from bot.domain.identifiers import LinkId
from bot.domain.workspace import Link
from cogs.interactions.answers import Interaction, text_view
from cogs.interactions.error_answers import answering_errors
from cogs.workspace.text import unlink_question

COG_NAME: Final = "workspace"
LONGEST_KEY: Final = 200
FORM_LIVES_FOR: Final = timedelta(minutes=30)


class LinksAccounts(Protocol):
    """The cog, as far as its form and its button need it."""

    def link(self, interaction: Interaction, key: SecretStr, workspace_id: str) -> Awaitable[None]:
        """Link the account from a submitted form."""

    def unlink_for_good(self, interaction: Interaction, link_id: LinkId) -> Awaitable[None]:
        """Unlink, once the admin has agreed."""


class LinkForm(ui.Modal, title="Link a PowerPost account"):
    """Asks for the key in a form, because a command's options stay visible in the client's history."""

    key: ui.Label[Any] = ui.Label(
        text="API key",
        description="From PowerPost's settings. It is stored encrypted and never shown again.",
        component=ui.TextInput(custom_id="key", placeholder="pp_live_sk_…", max_length=LONGEST_KEY),
    )
    workspace: ui.Label[Any] = ui.Label(
        text="Workspace id",
        description="A workspace of the same account; videos are stored in it.",
        component=ui.TextInput(
            custom_id="workspace", placeholder="123e4567-e89b-12d3-a456-426614174000", max_length=100
        ),
    )

    def __init__(self, cog: LinksAccounts) -> None:
        super().__init__(timeout=FORM_LIVES_FOR.total_seconds())
        self._cog = cog

    async def on_submit(self, interaction: Interaction, /) -> None:
        async with answering_errors(interaction):
            await self._cog.link(interaction, SecretStr(_typed(self.key).strip()), _typed(self.workspace))


class UnlinkButton(ui.DynamicItem[ui.Button[Any]], template=r"workspace:unlink:(?P<link>\d{1,19})"):
    """Unlinks the account in the question, never one that was linked since."""

    def __init__(self, link_id: LinkId) -> None:
        self._link_id = link_id
        custom_id = f"workspace:unlink:{link_id}"
        super().__init__(ui.Button(label="Unlink", style=discord.ButtonStyle.danger, custom_id=custom_id))

    @classmethod
    async def from_custom_id(cls, _: Interaction, _item: ui.Item[Any], match: re.Match[str], /) -> Self:
        return cls(LinkId(int(match["link"])))

    async def callback(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            cog = cast("LinksAccounts", interaction.client.get_cog(COG_NAME))
            await cog.unlink_for_good(interaction, self._link_id)


def unlink_view(link: Link) -> ui.LayoutView:
    """The question and the button that answers it; to keep the account, leave it alone."""
    view = text_view(unlink_question(link))
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(UnlinkButton(link.id))
    view.add_item(row)
    return view


def _typed(label: ui.Label[Any]) -> str:
    return str(cast("ui.TextInput[Any]", label.component).value)
