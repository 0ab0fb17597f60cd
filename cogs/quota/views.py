"""The answer to `/quota show`, with buttons to turn its pages that still work after a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from typing import Any, Final, Protocol, Self, cast

from discord import ui

from cogs.interactions.answers import Interaction, text_view
from cogs.interactions.error_answers import answering_errors
from cogs.quota.text import RulesPage

COG_NAME: Final = "quota"


class TurnsPages(Protocol):
    """The cog, as far as its buttons need it."""

    def turn_to(self, interaction: Interaction, number: int) -> Awaitable[None]:
        """Show this page in place of the one above the button."""


class PageButton(ui.DynamicItem[ui.Button[Any]], template=r"quota:page:(?P<number>-?\d{1,9})"):
    """Turns to a page. Its number is in the custom id, so nothing has to be stored."""

    def __init__(self, label: str, number: int, *, disabled: bool) -> None:
        self.number = number
        super().__init__(ui.Button(label=label, custom_id=f"quota:page:{number}", disabled=disabled))

    @classmethod
    async def from_custom_id(cls, _: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        label = item.label if isinstance(item, ui.Button) else None
        return cls(label or "", int(match["number"]), disabled=False)

    async def callback(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await cast("TurnsPages", interaction.client.get_cog(COG_NAME)).turn_to(interaction, self.number)


def page_view(page: RulesPage) -> ui.LayoutView:
    """The page, and buttons if there are others."""
    view = text_view(page.text)
    if page.count > 1:
        earlier = PageButton("Previous page", page.number - 1, disabled=page.number == 0)
        later = PageButton("Next page", page.number + 1, disabled=page.number == page.count - 1)
        row: ui.ActionRow[Any] = ui.ActionRow()
        row.add_item(earlier).add_item(later)
        view.add_item(row)
    return view
