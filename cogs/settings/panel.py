"""The panel as a message: all options with their values, and the control of the chosen one.

Only one option shows its control at a time, so the panel stays far below Discord's 40 components however many options
there are. Every control is made from the option's record.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import discord
from discord import ui

from bot.domain.option_kinds import Ids, Kind, OneChannel, OneOf, SomeOf, written
from bot.domain.options import OPTIONS, GuildOptions, Option
from cogs.settings.controls import Action, Control, Use, custom_id
from cogs.settings.text import CHOOSE, SettingsPage, option_text, overview_text, page_of
from cogs.wording import limits

CHANNEL_TYPES: Final = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
    discord.ChannelType.forum,
]
LOG_CHANNEL_TYPES: Final = [discord.ChannelType.text, discord.ChannelType.news]


def panel_view(options: GuildOptions, chosen: Option | None = None, page_number: int = 0) -> ui.LayoutView:
    """The whole panel; `page_number` is for lists that do not fit into one menu."""
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(overview_text(options)))
    container.add_item(_row(_option_menu(chosen)))
    if chosen is not None:
        container.add_item(ui.Separator())
        for item in _section(chosen, options, page_number):
            container.add_item(item)
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def _option_menu(chosen: Option | None) -> Control:
    menu: ui.Select[Any] = ui.Select(custom_id=custom_id(Action.CHOOSE), placeholder=CHOOSE)
    for option in OPTIONS:
        menu.add_option(
            label=option.label,
            value=option.name,
            description=option.help[: limits.SELECT_DESCRIPTION],
            default=option == chosen,
        )
    return Control(menu, Use(Action.CHOOSE))


def _section(option: Option, options: GuildOptions, page_number: int) -> list[ui.Item[ui.LayoutView]]:
    value = getattr(options, option.name)
    page = page_of(value, page_number) if isinstance(option.kind, Ids) else None
    menu = _menu(option, value, page)
    buttons = [] if page is None else _page_buttons(option, page)
    if menu is None:
        buttons.append(_button(Action.WRITE, option, "Change…", style=discord.ButtonStyle.primary))
    if value != option.default:
        buttons.append(_button(Action.RESET, option, "Back to the default"))
    said: ui.TextDisplay[ui.LayoutView] = ui.TextDisplay(option_text(option, options, page))
    return [said, *([_row(menu)] if menu else []), *([_row(*buttons)] if buttons else [])]


def _page_buttons(option: Option, page: SettingsPage) -> list[Control]:
    if page.count == 1:
        return []
    return [
        _button(Action.TURN, option, "SettingsPage before", page=max(page.number - 1, 0), disabled=page.number == 0),
        _button(Action.TURN, option, "Next page", page=page.number + 1, disabled=page.number == page.count - 1),
    ]


def _button(
    action: Action,
    option: Option,
    label: str,
    *,
    page: int = 0,
    disabled: bool = False,
    style: discord.ButtonStyle = discord.ButtonStyle.secondary,
) -> Control:
    name = custom_id(action, option.name, page)
    return Control(ui.Button(label=label, custom_id=name, disabled=disabled, style=style), Use(action))


def _menu(option: Option, value: Any, page: SettingsPage | None) -> Control | None:  # noqa: ANN401  each option has its type
    """The menu for an option's kind; None for kinds that are typed in a form."""
    kind = option.kind
    name = custom_id(Action.SET, option.name, 0 if page is None else page.number)
    menu: ui.Item[Any]
    if isinstance(kind, Ids) and page is not None:
        menu = _MENU_OF_NOUN[kind.noun](name, page.ids)
    elif isinstance(kind, OneChannel):
        menu = _log_channel_menu(name, value)
    elif isinstance(kind, OneOf | SomeOf):
        menu = _choice_menu(name, kind, value)
    else:
        return None
    return Control(menu, Use(Action.SET, option.name))


def _channel_menu(name: str, ids: tuple[int, ...]) -> ui.Item[Any]:
    return ui.ChannelSelect(
        custom_id=name,
        placeholder="Everywhere",
        channel_types=CHANNEL_TYPES,
        min_values=0,
        max_values=limits.SELECT_VALUES,
        default_values=[discord.SelectDefaultValue.from_channel(discord.Object(each)) for each in ids],
    )


def _role_menu(name: str, ids: tuple[int, ...]) -> ui.Item[Any]:
    return ui.RoleSelect(
        custom_id=name,
        placeholder="Everyone",
        min_values=0,
        max_values=limits.SELECT_VALUES,
        default_values=[discord.SelectDefaultValue.from_role(discord.Object(each)) for each in ids],
    )


def _member_menu(name: str, ids: tuple[int, ...]) -> ui.Item[Any]:
    return ui.UserSelect(
        custom_id=name,
        placeholder="Nobody",
        min_values=0,
        max_values=limits.SELECT_VALUES,
        default_values=[discord.SelectDefaultValue.from_user(discord.Object(each)) for each in ids],
    )


_MENU_OF_NOUN: Final[dict[str, Callable[[str, tuple[int, ...]], ui.Item[Any]]]] = {
    "channel": _channel_menu,
    "role": _role_menu,
    "member": _member_menu,
}


def _log_channel_menu(name: str, value: int | None) -> ui.Item[Any]:
    now = [] if value is None else [discord.SelectDefaultValue.from_channel(discord.Object(value))]
    return ui.ChannelSelect(
        custom_id=name, placeholder="None", channel_types=LOG_CHANNEL_TYPES, min_values=0, default_values=now
    )


def _choice_menu(name: str, kind: Kind[Any], value: Any) -> ui.Item[Any]:  # noqa: ANN401  each option has its type
    assert isinstance(kind, OneOf | SomeOf)  # noqa: S101  nothing else comes here
    some = isinstance(kind, SomeOf)
    menu: ui.Select[Any] = ui.Select(
        custom_id=name,
        placeholder=kind.empty if isinstance(kind, SomeOf) else None,
        min_values=0 if some else 1,
        max_values=len(kind.choices) if some else 1,
    )
    for choice, label in kind.choices.items():
        menu.add_option(
            label=label[:1].upper() + label[1:],
            value=written(choice),
            default=choice in value if some else choice == value,
        )
    return menu


def _row(*items: ui.Item[Any]) -> ui.ActionRow[ui.LayoutView]:
    return ui.ActionRow(*items)
