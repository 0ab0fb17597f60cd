"""What an MP4 file really is, found out by decoding it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av


@dataclass(frozen=True, slots=True)
class Clip:
    """A decoded file: codecs by name, pixels, seconds. `audio_codec` is None for a silent one."""

    video_codec: str
    width: int
    height: int
    seconds: float
    audio_codec: str | None


def read_clip(path: Path) -> Clip:
    """Decode every frame of the file; raises `av.FFmpegError` when it cannot be played."""
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        frames = sum(1 for _ in container.decode(video))
        rate = video.average_rate
        assert rate is not None
        audio = container.streams.audio
        return Clip(
            video_codec=video.codec_context.name,
            width=video.width,
            height=video.height,
            seconds=float(frames / rate),
            audio_codec=audio[0].codec_context.name if audio else None,
        )
