"""The picture: always a PNG of one size, never blank, drawn beside the event loop and imported only then."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from bot.domain.usage import Usage
from cogs.usage import chart
from cogs.usage.chart import BACKGROUND, COLOURS, draw
from cogs.usage.text import NAMES
from tests.cogs.usage.factories import a_usage

PROJECT = Path(__file__).parents[3]
USAGES = {
    "nothing": a_usage(used_each_day=0),
    "one week": a_usage(days=7),
    "one day": a_usage(days=1),
    "90 days of 40 models": a_usage(days=90, models=[f"model-{number}" for number in range(40)]),
    "millions of credits": a_usage(used_each_day=12_345_678),
    "strange names": a_usage(models=["$x^2$", "_hidden", "<b>", "视频", "\N{CLAPPER BOARD}" * 50]),
}


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """One list of fonts for all of these tests."""
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path_factory.getbasetemp() / "matplotlib"))


def drawn(usage: Usage) -> bytes:
    return draw(usage, NAMES, cache=Path("unused"))


def opened(picture: bytes) -> Image.Image:
    image = Image.open(BytesIO(picture))
    image.load()
    return image.convert("RGB")


def colours_of(image: Image.Image) -> set[tuple[int, ...]]:
    found = image.getcolors(maxcolors=2**24)
    assert found is not None
    return {colour for _, colour in found if isinstance(colour, tuple)}


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


@pytest.mark.parametrize("kind", USAGES)
@pytest.mark.filterwarnings("ignore:Glyph .* missing from font:UserWarning")
async def test_every_usage_has_a_picture(kind: str) -> None:
    image = opened(await asyncio.to_thread(drawn, USAGES[kind]))

    assert image.size == (1080, 540)
    assert image.getpixel((0, 0)) == rgb(BACKGROUND)
    assert len(colours_of(image)) > 50, "letters are there, with their soft edges"


def test_each_model_has_a_colour_of_its_own() -> None:
    colours = colours_of(opened(drawn(a_usage(models=list(NAMES)))))

    assert {rgb(colour) for colour in COLOURS[: len(NAMES)]} <= colours


def test_without_videos_no_bar_is_drawn() -> None:
    colours = colours_of(opened(drawn(USAGES["nothing"])))

    assert not {rgb(colour) for colour in COLOURS} & colours


async def test_pictures_drawn_at_the_same_time_do_not_disturb_each_other() -> None:
    usages = [a_usage(days=7), a_usage(days=7, models=list(NAMES))]
    alone = [drawn(usage) for usage in usages]

    assert await asyncio.gather(*(asyncio.to_thread(drawn, usage) for usage in usages)) == alone


async def test_the_event_loop_goes_on_while_a_picture_is_drawn() -> None:
    drawing = asyncio.create_task(asyncio.to_thread(drawn, USAGES["90 days of 40 models"]))
    beats = 0
    while not drawing.done():
        await asyncio.sleep(timedelta(milliseconds=5).total_seconds())
        beats += 1

    assert await drawing
    assert beats >= 5


def test_the_last_day_always_has_its_label() -> None:
    for days in (1, 2, 7, 10, 11, 30, 31, 89, 90):
        usage: Usage = a_usage(days=days)
        axes = chart._empty_figure().add_subplot()
        chart._dates(axes, usage.span.dates)
        assert axes.get_xticks()[-1] == days - 1
        assert len(axes.get_xticks()) <= chart.MOST_DATES


def test_matplotlib_is_not_imported_before_it_is_needed_and_writes_to_its_folder_alone(tmp_path: Path) -> None:
    """As in a container: no home folder, and nothing to write to but the data folder."""
    script = (
        "import sys, pathlib, cogs.usage.cog; assert 'matplotlib' not in sys.modules\n"
        "from tests.cogs.usage.factories import a_usage; from cogs.usage.chart import draw\n"
        "assert draw(a_usage(), {}, cache=pathlib.Path('data/matplotlib')).startswith(b'\\x89PNG')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT), "HOME": "/nowhere", "TMPDIR": "/nowhere"}
    (tmp_path / "data").mkdir()

    finished = subprocess.run(
        [sys.executable, "-c", script], env=variables, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (finished.returncode, finished.stderr) == (0, "")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["matplotlib"]
