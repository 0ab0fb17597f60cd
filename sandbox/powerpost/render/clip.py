"""Encoding: pictures and sound into an MP4 that browsers, phones and Discord play while it loads."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from sandbox.powerpost.render.planes import Planes
from sandbox.powerpost.render.sound import RATE, audio_frames

FRAME_RATE = 24

BT709 = 1
"""The code of ITU-R BT.709, the same for primaries, transfer and matrix (ITU-T H.273)."""

LIMITED_RANGE = 1
"""FFmpeg's code for luma from 16 to 235."""

SPEED = {"preset": "ultrafast", "qp": "27"}
"""A constant quantiser takes a quarter less time than constant quality, which analyses every block."""


def encode(file: Path, pictures: Iterable[Planes], *, size: tuple[int, int], duration: int, has_audio: bool) -> None:
    """Write `file`: H.264 yuv420p, `FRAME_RATE` pictures per second, the index in front.

    AAC mono of the same length if `has_audio`, otherwise no audio track.
    """
    with av.open(str(file), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = _video_stream(container, size)
        audio = container.add_stream("aac", rate=RATE, layout="mono", bit_rate=96_000) if has_audio else None
        for index, picture in enumerate(pictures):
            container.mux(video.encode(picture.frame(index, FRAME_RATE)))
        container.mux(video.encode(None))
        if audio is not None:
            _encode_sound(container, audio, duration)


def _video_stream(container: OutputContainer, size: tuple[int, int]) -> VideoStream:
    stream = container.add_stream("libx264", rate=FRAME_RATE, options=SPEED)
    stream.width, stream.height = size
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    # One encoder thread: several orders render in parallel, and a multi-threaded encoder takes more time in total.
    context.thread_count = 1
    context.color_range = LIMITED_RANGE
    context.color_primaries = context.color_trc = context.colorspace = BT709
    return stream


def _encode_sound(container: OutputContainer, stream: AudioStream, duration: int) -> None:
    for frame in audio_frames(duration):
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
