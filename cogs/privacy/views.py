"""The two buttons of `/privacy`: one asks again, the other erases. They act for whoever presses them."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from cogs.interactions.answers import Interaction, text_view
from cogs.interactions.error_answers import answering_errors

COG_NAME: Final = "privacy"


class Erases(Protocol):
    """The cog, as far as its buttons need it."""

    def ask_again(self, interaction: Interaction) -> Awaitable[None]:
        """Show the question in place of the message under the button."""

    def erase(self, interaction: Interaction) -> Awaitable[None]:
        """Erase what is stored about whoever pressed."""


class AskButton(ui.DynamicItem[ui.Button[Any]], template=r"privacy:ask"):
    """Asks the member to confirm."""

    def __init__(self) -> None:
        super().__init__(ui.Button(label="Erase my prompts and history", custom_id="privacy:ask"))

    @classmethod
    async def from_custom_id(cls, _: Interaction, _item: ui.Item[Any], _match: re.Match[str], /) -> Self:
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await _cog(interaction).ask_again(interaction)


class EraseButton(ui.DynamicItem[ui.Button[Any]], template=r"privacy:erase"):
    """Erases."""

    def __init__(self) -> None:
        style = discord.ButtonStyle.danger
        super().__init__(ui.Button(label="Erase for good", style=style, custom_id="privacy:erase"))

    @classmethod
    async def from_custom_id(cls, _: Interaction, _item: ui.Item[Any], _match: re.Match[str], /) -> Self:
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await _cog(interaction).erase(interaction)


def with_button(text: str, button: AskButton | EraseButton) -> ui.LayoutView:
    """The text, and the button under it."""
    view = text_view(text)
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(button)
    view.add_item(row)
    return view


def _cog(interaction: Interaction) -> Erases:
    return cast("Erases", interaction.client.get_cog(COG_NAME))
