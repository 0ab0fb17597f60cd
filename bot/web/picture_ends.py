"""Whether a picture's file is complete, judged by its structure: in linear time, and without decoding anything.

Decoding would prove more, but cost more than a bot should spend on a stranger's file: a progressive JPEG of the largest
size allowed takes 400 MB. PowerPost refuses what is well-formed and still broken, which costs nothing.

An end marker alone proves nothing: photographs carry thumbnails and texts that contain the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

MOST_PARTS: Final = 100_000
"""More segments or chunks than any camera or program writes; it bounds the time for a file made of empty ones."""

_MARKER: Final = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
"""The next marker in scan data, where FF 00 is a byte and FF D0 to FF D7 are restarts."""

_END, _SCAN = 0xD9, 0xDA


def is_complete(kind: str, data: bytes) -> bool:
    """Whether the file ends where its structure says; `kind` is "JPEG", "PNG" or "WEBP", as its beginning proved."""
    return _CHECKS[kind](data)


def _jpeg(data: bytes) -> bool:
    """From marker to marker up to the end of the (first) picture: https://www.w3.org/Graphics/JPEG/itu-t81.pdf B.1"""
    at, has_scan = 2, False
    for _ in range(MOST_PARTS):
        found = _MARKER.search(data, at)
        if found is None:
            return False
        marker, at = found[1][0], found.end()
        if marker == _END:
            return has_scan
        has_scan = has_scan or marker == _SCAN
        at += int.from_bytes(data[at : at + 2], "big")
    return False


def _png(data: bytes) -> bool:
    """From chunk to chunk: https://www.w3.org/TR/png-3/#5Chunk-layout"""
    at, has_pixels = 8, False
    for _ in range(MOST_PARTS):
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        at += 12 + length
        if at > len(data):
            return False
        if name == b"IEND":
            return has_pixels
        has_pixels = has_pixels or name == b"IDAT"
    return False


def _webp(data: bytes) -> bool:
    """The container names its length: https://developers.google.com/speed/webp/docs/riff_container"""
    return len(data) >= 8 + int.from_bytes(data[4:8], "little")


_CHECKS: Final[dict[str, Callable[[bytes], bool]]] = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp}
