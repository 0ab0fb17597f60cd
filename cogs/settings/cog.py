"""`/settings`: shows the panel and applies what is chosen or typed in it; permission is checked every time."""

from __future__ import annotations

from typing import Any, Final

from discord import app_commands
from discord.ext import commands

from bot.domain.actor import by_user
from bot.domain.identifiers import ChannelId, GuildId
from bot.domain.option_kinds import Ids, OneChannel, Words
from bot.domain.options import Edit, Option, find_option
from bot.errors import InvalidSetting
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Options
from cogs.interactions.admins import MANAGE_SERVER, require_manage_server
from cogs.interactions.answers import (
    ANSWER_WITHIN,
    Interaction,
    announce_private_answer,
    announce_update,
    give_announced_answer,
)
from cogs.interactions.discord_errors import calling_discord
from cogs.interactions.place import Place, require_room_for_log
from cogs.settings.controls import COG_NAME, Action, Control, OptionForm, Use
from cogs.settings.panel import panel_view

NONE_CHOSEN: Final = "none"


class SettingsCog(commands.Cog, name=COG_NAME):
    """The command itself; `changed` is woken after a change, so that it gets reported."""

    dynamic_items = (Control,)

    def __init__(self, *, options: Options, changed: Wakeup) -> None:
        self._options = options
        self._changed = changed

    @app_commands.command(name="settings", description="Set who may make which videos, where, and for how much.")
    @app_commands.default_permissions(MANAGE_SERVER)
    async def show(self, interaction: Interaction) -> None:
        place = require_manage_server(interaction)
        await announce_private_answer(interaction)
        await give_announced_answer(interaction, panel_view(await self._options.of(place.guild_id)))

    async def use(self, interaction: Interaction, used: Use) -> None:
        """Do what a control of the panel is for, and show the updated panel."""
        place = require_manage_server(interaction)
        if used.action is Action.CHOOSE:
            await announce_update(interaction)
            await self._show(interaction, place.guild_id, find_option(used.values[0]), 0)
            return
        option = find_option(used.name)
        if used.action is Action.WRITE:
            await self._open_form(interaction, place.guild_id, option)
            return
        await announce_update(interaction)
        if used.action is not Action.TURN:
            await self._change(interaction, place, option, _edit(option, used), used.page)
        await self._show(interaction, place.guild_id, option, used.page)

    async def written(self, interaction: Interaction, name: str, text: str) -> None:
        """Set an option to what was typed in its form, and show the updated panel."""
        place = require_manage_server(interaction)
        option = find_option(name)
        await announce_update(interaction)
        await self._change(interaction, place, option, lambda _: option.kind.parse(text), 0)
        await self._show(interaction, place.guild_id, option, 0)

    async def _open_form(self, interaction: Interaction, guild_id: GuildId, option: Option) -> None:
        value = getattr(await self._options.of(guild_id), option.name)
        is_long = isinstance(option.kind, Words)
        text = "\n".join(value) if is_long else str(value)
        async with calling_discord(ANSWER_WITHIN):
            await interaction.response.send_modal(OptionForm(option, text, is_long=is_long))

    async def _change(self, interaction: Interaction, place: Place, option: Option, edit: Edit, page: int) -> None:
        """After a refusal the panel shows the stored value again; the reason follows as a message of its own."""
        try:
            await self._options.change(
                place.guild_id, option, _checked(interaction, option, edit), actor=by_user(place.user_id)
            )
        except InvalidSetting:
            await self._show(interaction, place.guild_id, option, page)
            raise
        self._changed.wake()

    async def _show(self, interaction: Interaction, guild_id: GuildId, option: Option, page: int) -> None:
        await give_announced_answer(interaction, panel_view(await self._options.of(guild_id), option, page))


def _checked(interaction: Interaction, option: Option, edit: Edit) -> Edit:
    """The edit, plus a check of what only Discord knows about the new value."""
    if not isinstance(option.kind, OneChannel):
        return edit

    def checked(before: ChannelId | None) -> ChannelId | None:
        after: ChannelId | None = edit(before)
        require_room_for_log(interaction, after)
        return after

    return checked


def _edit(option: Option, used: Use) -> Edit:
    if used.action is Action.RESET:
        return lambda _: option.default
    if isinstance(option.kind, Ids):
        return _edit_of_list(option.kind, used)
    return lambda _: option.kind.parse(",".join(used.values) or NONE_CHOSEN)


def _edit_of_list(kind: Ids, used: Use) -> Edit:
    """A menu shows part of the list: what was deselected goes, what was selected is added, the rest stays."""

    def edit(before: frozenset[Any]) -> frozenset[Any]:
        after = (before - used.shown) | kind.parse(",".join(used.values) or NONE_CHOSEN)
        return kind.parse(",".join(map(str, after)) or NONE_CHOSEN)

    return edit
