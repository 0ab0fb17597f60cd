"""What a clip shows: a coloured scene or the source image, moving behind the prompt.

The camera moves two pixels per frame: whole pixels are copied, not resampled, and the encoder detects the motion.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageOps

from sandbox.powerpost.render.brief import Brief
from sandbox.powerpost.render.lettering import drawable, panel
from sandbox.powerpost.render.planes import Planes

STRIDE = 2
"""Pixels per frame that the camera moves along the longer side; even, because chroma has half the size."""


def frames(brief: Brief, count: int) -> Iterator[Planes]:
    """The pictures of a clip, in order; in the last, the progress bar is full."""
    travel_x, travel_y = _travel(brief.width, brief.height, count)
    scene = Planes.of(backdrop(brief, brief.width + travel_x, brief.height + travel_y))
    lettering = Planes.of(panel(brief.prompt, brief.caption, brief.width))
    panel_height = lettering.luma.height
    for index in range(count):
        left, top = _even(travel_x * index // count), _even(travel_y * index // count)
        picture = scene.crop(left, top, brief.width, brief.height)
        picture.paste(lettering, 0, brief.height - panel_height)
        bar = _even(brief.width * (index + 1) // count)
        picture.fill_white(0, brief.height - max(2, _even(brief.height // 120)), bar, brief.height)
        yield picture


def backdrop(brief: Brief, width: int, height: int) -> Image.Image:
    """The whole scene that the camera moves over: the source image cropped to cover it, or a drawn one."""
    if brief.source_image is not None:
        return source(brief.source_image, width, height)
    return drawn(brief.prompt, width, height)


def source(file: Path, width: int, height: int) -> Image.Image:
    """The uploaded image, upright, scaled and cropped to cover `width` x `height`."""
    with Image.open(file) as image:
        image.draft("RGB", (width, height))
        return ImageOps.fit(ImageOps.exif_transpose(image).convert("RGB"), (width, height), Image.Resampling.BILINEAR)


def drawn(prompt: str, width: int, height: int) -> Image.Image:
    """Soft colours with circles and film grain, the same for the same prompt."""
    rng = random.Random(drawable(prompt))  # noqa: S311 - decoration, not cryptography
    hue = rng.randrange(256)
    palette = bytes(
        level for _ in range(24) for level in ((hue + rng.randrange(70)) % 256, 150, rng.randrange(70, 200))
    )
    colours = Image.frombytes("HSV", (6, 4), palette).convert("RGB")
    scene = colours.resize((width, height), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(scene)
    for _ in range(14):
        x, y, radius = rng.randrange(width), rng.randrange(height), rng.randrange(4, 12) * min(width, height) // 80
        colour = f"hsv({(hue + rng.randrange(120)) * 360 // 256 % 360}, 45%, {rng.randrange(60, 100)}%)"
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    grain = Image.effect_noise((width // 2, height // 2), 10).resize((width, height), Image.Resampling.NEAREST)
    return ImageChops.add(scene, Image.merge("RGB", (grain,) * 3), scale=1, offset=-128)


def _travel(width: int, height: int, count: int) -> tuple[int, int]:
    """How far the camera moves: `STRIDE` per frame along the longer side, half of that along the other."""
    along, across = STRIDE * count, STRIDE * count // 4 * 2
    reach_x, reach_y = (along, across) if width >= height else (across, along)
    return min(reach_x, _even(width)), min(reach_y, _even(height))


def _even(number: int) -> int:
    return number // 2 * 2
