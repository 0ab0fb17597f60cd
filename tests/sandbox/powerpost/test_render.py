"""Rendered clips, measured by decoding them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageFont, ImageStat

from sandbox.powerpost.render import Brief, FullClips, PaddedClips, Renderer, TinyClips
from sandbox.powerpost.render.lettering import MOST_LINES, drawable, wrap

FRAME_RATE = 24


def rendered(directory: Path, render: Renderer | None = None, **fields: object) -> Brief:
    """The brief of a clip that has just been rendered into `directory`."""
    defaults = {
        "prompt": "A lighthouse in the rain",
        "caption": "Kling 3.0 Pro",
        "width": 1920,
        "height": 1080,
        "duration": 1,
        "has_audio": False,
        "source_image": None,
        "video": directory / "clip.mp4",
        "thumbnail": directory / "clip.jpg",
    }
    brief = Brief(**{**defaults, **fields})  # type: ignore[arg-type]  # the fields are listed above
    (render or FullClips())(brief)
    return brief


@contextmanager
def opened(brief: Brief) -> Iterator[av.container.InputContainer]:
    with av.open(str(brief.video)) as container:
        yield container


def pictures(brief: Brief) -> list[Image.Image]:
    """Every frame, at an eighth of its size."""
    with opened(brief) as container:
        return [_small(frame) for frame in container.decode(video=0)]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def _small(frame: av.VideoFrame) -> Image.Image:
    small = frame.reformat(width=frame.width // 8, height=frame.height // 8)
    picture: Image.Image = small.to_image()  # type: ignore[no-untyped-call]  # PyAV leaves it untyped
    return picture


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1080, 1920)])
def test_clip_is_h264_of_the_ordered_size(tmp_path: Path, width: int, height: int) -> None:
    with opened(rendered(tmp_path, width=width, height=height)) as container:
        video = container.streams.video[0]

        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (video.width, video.height) == (width, height)
        assert container.streams.audio == ()


@pytest.mark.parametrize("has_audio", [False, True])
@pytest.mark.parametrize("duration", [4, 5, 8, 10])
def test_clip_lasts_exactly_as_long_as_ordered(
    tmp_path: Path, clips: TinyClips, duration: int, has_audio: bool
) -> None:
    brief = rendered(tmp_path, clips, duration=duration, has_audio=has_audio)

    with opened(brief) as container:
        assert container.duration == duration * 1_000_000
        for stream in container.streams:
            assert stream.duration is not None
            assert stream.time_base is not None
            assert stream.duration * stream.time_base == duration
        assert sum(1 for _ in container.decode(video=0)) == duration * FRAME_RATE


def test_full_clip_has_sound_when_ordered(tmp_path: Path) -> None:
    with opened(rendered(tmp_path, has_audio=True)) as container:
        audio = container.streams.audio[0]
        loudest = max(max(memoryview(frame.planes[0]).cast("f")) for frame in container.decode(audio))

        assert audio.codec_context.name == "aac"
        assert 0.02 < loudest < 0.3
        assert container.duration == 1_000_000


def test_clip_plays_while_it_loads(tmp_path: Path) -> None:
    content = rendered(tmp_path).video.read_bytes()

    assert content.index(b"moov") < content.index(b"mdat")


def test_clip_moves_from_frame_to_frame(tmp_path: Path) -> None:
    frames = pictures(rendered(tmp_path))

    assert all(difference(one, other) > 0.05 for one, other in pairwise(frames))
    assert difference(frames[0], frames[-1]) > 2


def test_clip_shows_its_prompt(tmp_path: Path) -> None:
    one = pictures(rendered(tmp_path, prompt="A lighthouse in the rain"))[0]
    other = pictures(rendered(tmp_path, prompt="A train in the snow today"))[0]
    panel = (0, one.height * 3 // 4, one.width, one.height)

    assert difference(one.crop(panel), other.crop(panel)) > 1


def test_clip_shows_its_source_image_moving(tmp_path: Path) -> None:
    source = tmp_path / "source"
    Image.linear_gradient("L").rotate(90).convert("RGB").resize((700, 900)).save(source, "WEBP")

    frames = pictures(rendered(tmp_path, source_image=source))

    top = frames[0].crop((0, 0, frames[0].width, frames[0].height // 2))
    left, right = top.getpixel((2, 20)), top.getpixel((top.width - 3, 20))
    assert abs(left[0] - right[0]) > 150  # type: ignore[index]  # an RGB picture
    assert difference(frames[0], frames[-1]) > 1


def test_thumbnail_is_a_jpeg_of_the_same_shape(tmp_path: Path) -> None:
    with Image.open(rendered(tmp_path, width=1080, height=1920).thumbnail) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("JPEG", (360, 640))


@pytest.mark.parametrize(
    "prompt",
    ["", "x" * 3000, "\ud800 alone", "\x00\x07\n\u202e", "日本語のプロンプト " * 200, "نص עברית 🐕‍🦺🏳️‍🌈"],
    ids=["empty", "endless word", "surrogate", "control", "wide", "right to left"],
)
def test_clip_accepts_any_prompt(tmp_path: Path, prompt: str) -> None:
    assert len(pictures(rendered(tmp_path, prompt=prompt, width=320, height=180))) == FRAME_RATE


def test_wrapping_fits_the_width_and_the_lines() -> None:
    font = ImageFont.load_default(20)

    lines = wrap("word " * 40 + "w" * 400, font, width=300)

    assert len(lines) == MOST_LINES
    assert all(font.getlength(line) <= 300 for line in lines[:-1])
    assert lines[-1].endswith(" ...")
    assert wrap("two words", font, width=300) == ["two words"]


def test_drawable_text_has_no_control_characters() -> None:
    assert drawable("a\tb\ud800c") == "a b c"


def test_padded_clip_has_the_chosen_size_and_still_plays(tmp_path: Path, clips: TinyClips) -> None:
    brief = rendered(tmp_path, PaddedClips(clips, size=30_000_000), duration=5)

    assert brief.video.stat().st_size == 30_000_000
    with opened(brief) as container:
        assert container.duration == 5_000_000


def test_padding_does_not_change_larger_clips(tmp_path: Path, clips: TinyClips) -> None:
    plain = rendered(tmp_path, clips, duration=5).video.stat().st_size

    assert rendered(tmp_path, PaddedClips(clips, size=10), duration=5).video.stat().st_size == plain
