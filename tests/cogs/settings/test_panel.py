"""The panel: its words, and that Discord takes it whatever is set."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.domain.identifiers import ChannelId
from bot.domain.option_kinds.ids import MOST_IDS
from bot.domain.options import OPTIONS, GuildOptions, Option, find_option
from cogs.settings.panel import panel_view
from cogs.settings.text import overview_text, page_of, value_in_words
from cogs.wording import limits
from sandbox.discord import FormErrors, check_components

HUGE = 2**63 - 1
IDS = frozenset(range(HUGE - MOST_IDS, HUGE))
FULL = GuildOptions(
    allowed_channels=frozenset(map(ChannelId, IDS)),
    allowed_roles=IDS,  # type: ignore[arg-type]  # numbers will do
    blocked_members=IDS,  # type: ignore[arg-type]  # numbers will do
    default_model="runway-gen-4.5",
    allowed_models=frozenset({"kling-3.0-pro", "veo-3.1", "runway-gen-4.5"}),
    longest_duration=10,
    confirm_from=1_000_000,
    jobs_per_member=1000,
    jobs_per_server=1000,
    blocked_words=tuple(f"{number:0>19}" for number in range(200)),
    log_channel=ChannelId(HUGE),
)


def _checked(options: GuildOptions, chosen: Option | None, page: int) -> list[Any]:
    components: list[Any] = panel_view(options, chosen, page).to_components()  # type: ignore[no-untyped-call]  # theirs
    errors = FormErrors()
    check_components({"components": components}, errors, components_v2=True)
    errors.raise_if_any()
    return components


@pytest.mark.parametrize("options", [GuildOptions(), FULL], ids=["nothing set", "everything full"])
@pytest.mark.parametrize("chosen", [None, *OPTIONS], ids=lambda option: option.name if option else "none")
async def test_discord_takes_the_panel_whatever_is_set_and_chosen(options: GuildOptions, chosen: Option | None) -> None:
    for page in (0, 1, 19, 20, 99):
        _checked(options, chosen, page)


async def test_every_option_stands_in_the_overview_with_its_value() -> None:
    lines = overview_text(GuildOptions(confirm_from=30)).splitlines()

    assert len(lines) == 1 + len(OPTIONS)
    assert "**Allowed channels:** everywhere" in lines
    assert "**Ask before spending:** 30 credits" in lines
    assert "**Blocked words:** none" in lines


def test_a_default_model_that_is_not_on_offer_says_which_one_is_used() -> None:
    options = GuildOptions(allowed_models=frozenset({"veo-3.1"}))
    words = value_in_words(find_option("default_model"), options)
    assert words == "Kling 3.0 Pro, which is not available, so Google Veo 3.1"


def test_a_long_list_has_pages_and_always_one_with_room() -> None:
    assert page_of(range(24), 0).count == 1
    assert page_of(range(25), 0).count == 2
    assert page_of(range(25), 1).ids == ()
    assert page_of(range(60), 1).ids == tuple(range(25, 50))
    assert page_of(range(60), 9).number == 2


async def test_a_menu_shows_at_most_as_many_as_it_can_hold() -> None:
    (container,) = _checked(FULL, find_option("allowed_channels"), 3)
    menus = [row["components"][0] for row in container["components"] if row["type"] == 1]
    menu = next(menu for menu in menus if "default_values" in menu)
    assert len(menu["default_values"]) == limits.SELECT_VALUES == menu["max_values"]
    assert [int(value["id"]) for value in menu["default_values"]] == sorted(IDS)[75:100]


async def test_only_what_differs_from_its_default_can_go_back_to_it() -> None:
    option = find_option("sound_allowed")
    assert "Back to the default" not in str(_checked(GuildOptions(), option, 0))
    assert "Back to the default" in str(_checked(replace(GuildOptions(), sound_allowed=False), option, 0))
