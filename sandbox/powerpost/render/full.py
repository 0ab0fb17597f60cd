"""The clips that a customer gets. PyAV comes with the optional extra `demo` and is imported for the first clip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.powerpost.render.brief import Brief

if TYPE_CHECKING:
    from sandbox.powerpost.render.planes import Planes


@dataclass(frozen=True, slots=True)
class FullClips:
    """Renders in the ordered size; takes about one second for five seconds of video."""

    def __call__(self, brief: Brief) -> None:
        """Write the clip and, from its middle, the thumbnail."""
        from sandbox.powerpost.render.clip import FRAME_RATE, encode  # noqa: PLC0415 - PyAV is optional
        from sandbox.powerpost.render.picture import frames  # noqa: PLC0415 - PyAV is optional

        count = brief.duration * FRAME_RATE
        pictures = _with_thumbnail(brief, frames(brief, count), at=count // 2)
        encode(
            brief.video,
            pictures,
            size=(brief.width, brief.height),
            duration=brief.duration,
            has_audio=brief.has_audio,
        )


def _with_thumbnail(brief: Brief, pictures: Iterator[Planes], *, at: int) -> Iterator[Planes]:
    for index, picture in enumerate(pictures):
        if index == at:
            still = picture.frame(0, 1).to_image()  # type: ignore[no-untyped-call]  # PyAV leaves it untyped
            still.reduce(3).save(brief.thumbnail, "JPEG", quality=82)
        yield picture
