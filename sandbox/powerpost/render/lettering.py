"""Writing on pictures: a prompt of any length, in any script, wrapped on a dark panel.

The panel is opaque: letters over a moving picture would have to be encoded in every frame.

Pillow's built-in font covers Latin; other characters appear as boxes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

MOST_LINES = 5


def panel(prompt: str, caption: str, width: int) -> Image.Image:
    """A panel, `width` pixels wide and of even height, with the prompt and, dimmer, the caption below it."""
    unit = max(width // 48, 1)
    body, small = ImageFont.load_default(unit * 3 // 2), ImageFont.load_default(unit)
    lines = wrap(prompt, body, width - 4 * unit)
    height = (unit * (2 * len(lines) + 5)) // 2 * 2
    image = Image.new("RGB", (width, height), (14, 14, 22))
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((2 * unit, unit * (2 * row + 1)), line, font=body, fill=(255, 255, 255))
    draw.text((2 * unit, height - 5 * unit // 2), caption, font=small, fill=(160, 172, 205))
    return image


def wrap(text: str, font: Font, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels, cut with an ellipsis after `MOST_LINES`."""
    lines: list[str] = []
    line = ""
    for word in _pieces(drawable(text), font, width):
        longer = f"{line} {word}".strip()
        if line and font.getlength(longer) > width:
            lines.append(line)
            longer = word
        if len(lines) == MOST_LINES:
            return [*lines[:-1], f"{lines[-1]} ..."]
        line = longer
    return [*lines, line]


def drawable(text: str) -> str:
    """`text` without what cannot be drawn: control characters, direction marks, unpaired surrogates."""
    return "".join(character if unicodedata.category(character)[0] != "C" else " " for character in text)


def _pieces(text: str, font: Font, width: int) -> Iterator[str]:
    """The words of `text`; those too wide for a line are cut into slices that fit."""
    for word in text.split():
        start = 0
        for end in range(1, len(word) + 1):
            if font.getlength(word[start:end]) > width:
                yield word[start : end - 1]
                start = end - 1
        yield word[start:]
