"""The menus, buttons and forms of the panel; each one's purpose is in its custom id, so they survive a restart.

https://docs.discord.com/developers/components/reference#channel-select
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, Self, cast

import discord
from discord import ui

from bot.domain.options import Option
from cogs.interactions.answers import Interaction
from cogs.interactions.error_answers import answering_errors
from cogs.wording import limits

COG_NAME: Final = "settings"
FORM_LIVES_FOR: Final = timedelta(minutes=14)
"""A little less than the token of the interaction that opened it."""


class Action(StrEnum):
    """What a control does; the values stand in custom ids."""

    CHOOSE = "choose"
    TURN = "turn"
    SET = "set"
    RESET = "reset"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Use:
    """A control that was used: `values` are now selected, `shown` are the ids that were selected before."""

    action: Action
    name: str = ""
    page: int = 0
    values: tuple[str, ...] = ()
    shown: frozenset[int] = frozenset()


class SettingsPanel(Protocol):
    """The cog, as far as its controls need it."""

    def use(self, interaction: Interaction, used: Use) -> Awaitable[None]:
        """Do what the control is for."""

    def written(self, interaction: Interaction, name: str, text: str) -> Awaitable[None]:
        """Set an option to what was typed in its form."""


class Control(
    ui.DynamicItem[ui.Item[Any]], template=r"settings:(?P<action>[a-z]{1,10}):(?P<name>[a-z_]{0,40}):(?P<page>\d{1,3})"
):
    """Any menu or button of the panel."""

    def __init__(self, item: ui.Item[Any], used: Use) -> None:
        self.used = used
        super().__init__(item)

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        values = cast("dict[str, Any]", interaction.data or {}).get("values", ())
        shown = frozenset(value.id for value in getattr(item, "default_values", ()))
        return cls(item, Use(Action(match["action"]), match["name"], int(match["page"]), tuple(values), shown))

    async def callback(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await _panel(interaction).use(interaction, self.used)


def custom_id(action: Action, name: str = "", page: int = 0) -> str:
    return f"settings:{action}:{name}:{page}"


class OptionForm(ui.Modal):
    """A field for an option that is typed, with its current value."""

    def __init__(self, option: Option, text: str, *, is_long: bool) -> None:
        super().__init__(title=option.label[: limits.MODAL_TITLE], timeout=FORM_LIVES_FOR.total_seconds())
        self._name = option.name
        self._field: ui.TextInput[Self] = ui.TextInput(
            custom_id="value",
            style=discord.TextStyle.paragraph if is_long else discord.TextStyle.short,
            default=text,
            required=False,
            max_length=limits.TEXT_INPUT,
        )
        described = option.help if len(option.help) <= limits.LABEL_DESCRIPTION else None
        self.add_item(
            ui.Label(text="One per line" if is_long else "Number", description=described, component=self._field)
        )

    async def on_submit(self, interaction: Interaction) -> None:
        async with answering_errors(interaction):
            await _panel(interaction).written(interaction, self._name, self._field.value)


def _panel(interaction: Interaction) -> SettingsPanel:
    return cast("SettingsPanel", interaction.client.get_cog(COG_NAME))
