"""The picture of `/usage`: credits per day, stacked by model, in colours that are readable on Discord's dark theme.

Drawn with matplotlib's objects, not with pyplot, whose figures are shared by the whole process:
https://matplotlib.org/stable/gallery/user_interfaces/web_application_server_sgskip.html

matplotlib takes a second to import, so it is imported for the first picture, not at startup.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.domain.usage import NO_USAGE, Tally, Usage, largest_first

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH, HEIGHT, DOTS_PER_INCH = 9.0, 4.5, 120
"""Inches, and dots per inch: 1080 × 540 pixels, which Discord shows at about half that width."""

BACKGROUND: Final = "#2b2d31"
TEXT: Final = "#dbdee1"
GRID: Final = "#4e5058"
COLOURS: Final = ("#5b8def", "#f0b232", "#3ba55d", "#eb6f92", "#9b7ede", "#4fc3c7", "#d98b5f")
OTHERS: Final = "others"
COLOUR_OF_OTHERS: Final = "#8a93a3"

MOST_DATES: Final = 10
"""Labels that fit side by side."""

NOTHING_USED: Final = "No credits were used in this time"


def draw(usage: Usage, names: Mapping[str, str], *, cache: Path) -> bytes:
    """A PNG. `names` are the models' names. May take seconds: call it in a thread.

    `cache` is a folder for matplotlib's font list, created if missing: the home folder may be read-only or absent.
    """
    os.environ.setdefault("MPLCONFIGDIR", str(cache.absolute()))
    figure = _empty_figure()
    axes = figure.add_subplot()
    _style(axes)
    stacks = _stacks(usage)
    _bars(axes, usage.span.dates, stacks, names)
    _dates(axes, usage.span.dates)
    axes.set_title(f"Credits per day, {usage.span.first:%d %b %Y} to {usage.span.last:%d %b %Y} (UTC)", color=TEXT)
    if stacks:
        axes.legend(ncols=4, fontsize=9, facecolor=BACKGROUND, edgecolor=GRID, labelcolor=TEXT, loc="upper left")
    else:
        axes.text(0.5, 0.5, NOTHING_USED, color=TEXT, fontsize=14, ha="center", va="center", transform=axes.transAxes)
    return _png(figure)


def _empty_figure() -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  takes a second, not at startup
    from matplotlib.figure import Figure  # noqa: PLC0415  the same

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS_PER_INCH, facecolor=BACKGROUND, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _style(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter  # noqa: PLC0415  see `_empty_figure`

    axes.set_facecolor(BACKGROUND)
    axes.tick_params(colors=TEXT, labelsize=10)
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(GRID)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _stacks(usage: Usage) -> dict[str, dict[date, Tally]]:
    """Days by model, the largest first; models beyond the colours are combined."""
    ranked = [model for model, tally in largest_first(usage.by_model) if tally.credits]
    own = ranked if len(ranked) <= len(COLOURS) else ranked[: len(COLOURS) - 1]
    stacks: dict[str, dict[date, Tally]] = {name: {} for name in (own if own == ranked else [*own, OTHERS])}
    for (day, model), tally in usage.by_day_and_model.items():
        if tally.credits:
            days = stacks[model if model in own else OTHERS]
            days[day] = days.get(day, NO_USAGE) + tally
    return stacks


def _bars(
    axes: Axes, dates: Sequence[date], stacks: Mapping[str, Mapping[date, Tally]], names: Mapping[str, str]
) -> None:
    bottoms = [0] * len(dates)
    for number, (model, days) in enumerate(stacks.items()):
        heights = [days.get(day, NO_USAGE).credits for day in dates]
        colour = COLOUR_OF_OTHERS if model == OTHERS else COLOURS[number]
        axes.bar(
            range(len(dates)), heights, width=0.8, bottom=bottoms, color=colour, label=_label(names.get(model, model))
        )
        bottoms = [bottom + height for bottom, height in zip(bottoms, heights, strict=True)]
    axes.set_ylim(0, max([*bottoms, 1]) * 1.2)


def _label(name: str) -> str:
    """matplotlib reads dollar signs as formulas, and hides labels that start with an underscore."""
    return name.replace("$", r"\$").lstrip("_")[:30]


def _dates(axes: Axes, dates: Sequence[date]) -> None:
    """A label for every day, or every third, and so on; the newest day always has one."""
    every = -(-len(dates) // MOST_DATES)
    places = range((len(dates) - 1) % every, len(dates), every)
    axes.set_xlim(-0.6, len(dates) - 0.4)
    axes.set_xticks(list(places), [f"{dates[place]:%d %b}" for place in places])


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", facecolor=BACKGROUND)
    return file.getvalue()
