"""What a renderer is given, and what it must do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Brief:
    """One clip to render; sizes in pixels, `duration` in seconds, `video` and `thumbnail` where the two files go.

    `caption` is a line about the clip, such as the model's name; `source_image` is the image to animate, if any.
    """

    prompt: str
    caption: str
    width: int
    height: int
    duration: int
    has_audio: bool
    source_image: Path | None
    video: Path
    thumbnail: Path


class Renderer(Protocol):
    """Writes `brief.video` (MP4) and `brief.thumbnail` (JPEG); blocks until both are complete."""

    def __call__(self, brief: Brief, /) -> None: ...
