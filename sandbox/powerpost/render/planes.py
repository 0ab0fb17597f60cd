"""Pictures as H.264 needs them: one plane of luma, two of chroma at half the size (BT.709, limited range).

A 1080p clip takes only about a second because the colours are converted once and each frame crops the planes: here,
colour conversion takes more time than encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import av
from PIL import Image


@dataclass(frozen=True, slots=True)
class Planes:
    """One picture of even width and height, split into Y, Cb and Cr. Offsets and sizes below must be even too."""

    luma: Image.Image
    chroma: tuple[Image.Image, Image.Image]

    @classmethod
    def of(cls, picture: Image.Image) -> Planes:
        """Split an RGB picture."""
        rgb = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]  # PyAV leaves it untyped
        frame = rgb.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
        luma, blue, red = (
            Image.frombytes("L", (plane.width, plane.height), bytes(plane), "raw", "L", plane.line_size)
            for plane in frame.planes
        )
        return cls(luma, (blue, red))

    def crop(self, left: int, top: int, width: int, height: int) -> Planes:
        """A copy of one rectangle."""
        box = (left, top, left + width, top + height)
        half = (left // 2, top // 2, (left + width) // 2, (top + height) // 2)
        blue, red = self.chroma
        return Planes(self.luma.crop(box), (blue.crop(half), red.crop(half)))

    def paste(self, other: Planes, left: int, top: int) -> None:
        """Paste a picture onto this one."""
        self.luma.paste(other.luma, (left, top))
        for plane, over in zip(self.chroma, other.chroma, strict=True):
            plane.paste(over, (left // 2, top // 2))

    def fill_white(self, left: int, top: int, right: int, bottom: int) -> None:
        """Paint a rectangle white."""
        self.luma.paste(235, (left, top, right, bottom))
        for plane in self.chroma:
            plane.paste(128, (left // 2, top // 2, right // 2, bottom // 2))

    def frame(self, index: int, rate: int) -> av.VideoFrame:
        """This picture as frame number `index` of a video with `rate` frames per second."""
        frame = av.VideoFrame(*self.luma.size, "yuv420p")
        for plane, image in zip(frame.planes, (self.luma, *self.chroma), strict=True):
            plane.update(image.tobytes("raw", "L", plane.line_size, 1))
        frame.pts = index
        frame.time_base = Fraction(1, rate)
        return frame
