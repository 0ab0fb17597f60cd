"""Clips of a chosen file size, to test upload limits."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from sandbox.powerpost.render.brief import Brief, Renderer

FREE_BOX_HEADER = struct.Struct(">I4s")
"""Size of the box with its header, then its type (ISO/IEC 14496-12, "Free Space Box")."""


class PaddedClips:
    """The clips of `renderer`, padded to `size` bytes with a box that players skip; larger clips are not changed."""

    def __init__(self, renderer: Renderer, *, size: int) -> None:
        self._renderer = renderer
        self._size = size

    def __call__(self, brief: Brief) -> None:
        """Render, then pad the video."""
        self._renderer(brief)
        pad(brief.video, self._size)


def pad(file: Path, size: int) -> None:
    """Pad an MP4 to `size` bytes, if there is room for a box. The padding is sparse: it takes no disk space."""
    padding = size - file.stat().st_size
    if padding < FREE_BOX_HEADER.size:
        return
    with file.open("ab") as stream:
        stream.write(FREE_BOX_HEADER.pack(padding, b"free"))
        stream.flush()
        os.ftruncate(stream.fileno(), size)
