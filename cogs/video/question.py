"""The question before an expensive video, with two buttons that still answer after a restart."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from enum import StrEnum
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from cogs.interactions.answers import Interaction
from cogs.interactions.error_answers import answering_errors

COG_NAME: Final = "video"


class Reply(StrEnum):
    """The buttons; the values stand in custom ids."""

    MAKE = "make"
    CANCEL = "cancel"


LABEL_OF_REPLY: Final = {Reply.MAKE: "Make it", Reply.CANCEL: "Cancel"}
STYLE_OF_REPLY: Final = {Reply.MAKE: discord.ButtonStyle.success, Reply.CANCEL: discord.ButtonStyle.secondary}


class Asks(Protocol):
    """The cog, as far as the buttons need it."""

    def replied(self, interaction: Interaction, token: str, reply: Reply) -> Awaitable[None]:
        """Order the video, or forget it."""


class ReplyButton(ui.DynamicItem[ui.Button[Any]], template=r"video:(?P<reply>make|cancel):(?P<token>[0-9a-f]{16})"):
    """One of the two; the token says which request is meant."""

    def __init__(self, reply: Reply, token: str) -> None:
        self.reply = reply
        self.token = token
        button: ui.Button[Any] = ui.Button(
            label=LABEL_OF_REPLY[reply], style=STYLE_OF_REPLY[reply], custom_id=f"video:{reply}:{token}"
        )
        super().__init__(button)

    @classmethod
    async def from_custom_id(cls, _: Interaction, _item: ui.Item[Any], match: re.Match[str], /) -> Self:
        return cls(Reply(match["reply"]), match["token"])

    async def callback(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await cast("Asks", interaction.client.get_cog(COG_NAME)).replied(interaction, self.token, self.reply)


def question_view(text: str, token: str) -> ui.LayoutView:
    """The question as a message."""
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(text))
    container.add_item(ui.ActionRow(*(ReplyButton(reply, token) for reply in Reply)))
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view
