"""Clips that take almost no time, for suites that order hundreds."""

from __future__ import annotations

import shutil
import tempfile
import threading
import weakref
from dataclasses import replace
from pathlib import Path

from sandbox.powerpost.render.brief import Brief
from sandbox.powerpost.render.full import FullClips

TINY = {True: (64, 36), False: (36, 64)}
"""Width and height of a landscape clip, and of a portrait one."""


class TinyClips:
    """64x36 (or 36x64) clips of the ordered length and sound, rendered once per combination and then copied.

    The prompt and the source image are not shown. The originals are deleted together with this object.
    """

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="powerpost-tiny-"))
        weakref.finalize(self, shutil.rmtree, self._directory, ignore_errors=True)
        self._rendering = threading.Lock()

    def __call__(self, brief: Brief) -> None:
        """Copy the clip of this size, length and sound."""
        with self._rendering:
            original = self._original(brief)
        shutil.copyfile(original.video, brief.video)
        shutil.copyfile(original.thumbnail, brief.thumbnail)

    def _original(self, brief: Brief) -> Brief:
        width, height = TINY[brief.width >= brief.height]
        stem = self._directory / f"{width}x{height}-{brief.duration}-{brief.has_audio}"
        original = replace(
            brief,
            prompt="",
            caption="",
            width=width,
            height=height,
            source_image=None,
            video=stem.with_suffix(".mp4"),
            thumbnail=stem.with_suffix(".jpg"),
        )
        if not original.video.exists():
            FullClips()(original)
        return original
