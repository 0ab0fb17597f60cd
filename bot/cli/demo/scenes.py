"""What the member asks for in the demo, and how each request should end."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path

from PIL import Image, ImageDraw

from sandbox.discord import Upload

OptionValue = str | int | bool | Upload


class Ending(Enum):
    """How a request should end."""

    VIDEO = auto()
    REFUSAL = auto()


@dataclass(frozen=True, slots=True)
class Scene:
    """One use of `/video`: its options as the member types them, and how it should end."""

    title: str
    prompt: str
    ending: Ending
    options: dict[str, OptionValue] = field(default_factory=dict)


def story() -> list[Scene]:
    """A video from a description, one from a picture, and one that no model can make."""
    return [
        Scene(
            "A video from a description",
            "A paper boat sails down a rainy street at night, neon signs mirrored in the water",
            Ending.VIDEO,
            {"audio": True},
        ),
        Scene(
            "A video from a picture",
            "The sun slowly sinks behind the hills",
            Ending.VIDEO,
            {"model": "veo-3.1", "size": "portrait", "image": Upload("hills.png", sunset(), "image/png")},
        ),
        Scene(
            "A video that no model can make",
            "A twelve second chase across the roofs",
            Ending.REFUSAL,
            {"model": "runway-gen-4.5", "duration": 12},
        ),
    ]


def own_scene(prompt: str | None, image: Path | None, options: dict[str, OptionValue]) -> Scene:
    """The request described by the command's options."""
    if image is not None:
        kind = image.suffix.lower().removeprefix(".")
        picture = Upload(image.name, image.read_bytes(), f"image/{'jpeg' if kind == 'jpg' else kind}")
        options = options | {"image": picture}
    return Scene("Your own video", prompt or "A quiet morning by the sea", Ending.VIDEO, options)


def sunset(width: int = 900, height: int = 1200) -> bytes:
    """A PNG to animate, drawn here so that the demo needs no file."""
    picture = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(picture)
    for y in range(height):
        share = y / height
        draw.line([(0, y), (width, y)], fill=(int(40 + 215 * share), int(50 + 90 * share), int(110 - 40 * share)))
    draw.ellipse([width * 0.35, height * 0.45, width * 0.65, height * 0.45 + width * 0.3], fill=(255, 214, 120))
    ridge = [(0, height), (0, height * 0.7), (width * 0.5, height * 0.62), (width, height * 0.75), (width, height)]
    draw.polygon(ridge, fill=(38, 44, 66))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
