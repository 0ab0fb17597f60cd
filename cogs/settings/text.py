"""What the panel says: a server's options in, words out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from bot.domain.option_kinds import Ids
from bot.domain.options import OPTIONS, GuildOptions, Option
from cogs.wording import limits

TITLE: Final = "### Settings of this server"
CHOOSE: Final = "Choose a setting to change it"


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """A part of a long list that a menu can show: ids in ascending order, and which page of how many."""

    ids: tuple[int, ...]
    number: int
    count: int


def overview_text(options: GuildOptions) -> str:
    """Every option with its value, one per line."""
    lines = [f"**{option.label}:** {value_in_words(option, options)}" for option in OPTIONS]
    return "\n".join([TITLE, *lines])


def option_text(option: Option, options: GuildOptions, page: SettingsPage | None = None) -> str:
    """One option: its purpose, its value, and how its menu works when not everything fits into it."""
    lines = [f"**{option.label}**", option.help, f"Now: {value_in_words(option, options)}"]
    if page is not None and page.count > 1:
        lines.append(f"-# {_paging(option, page)}")
    return "\n".join(lines)


def value_in_words(option: Option, options: GuildOptions) -> str:
    words = option.kind.in_words(getattr(options, option.name))
    if option.name == "default_model" and options.default_model != options.model_by_default.id:
        return f"{words}, which is not available, so {options.model_by_default.name}"
    return words


def page_of(ids: Collection[int], number: int) -> SettingsPage:
    """A page of a list; the last one always has room for more. A number past the end gives the last page."""
    room = limits.SELECT_VALUES
    count = len(ids) // room + 1
    number = min(number, count - 1)
    return SettingsPage(tuple(sorted(ids)[number * room : (number + 1) * room]), number, count)


def _paging(option: Option, page: SettingsPage) -> str:
    noun = f"{option.kind.noun}s" if isinstance(option.kind, Ids) else "entries"
    use = "Deselect any to take them off the list." if page.ids else "Add more here."
    return f"Page {page.number + 1} of {page.count}; a menu holds {limits.SELECT_VALUES} {noun}. {use}"
