"""What a clip sounds like: a soft chord that swells once per second, faded in and out."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from fractions import Fraction

import av

RATE = 48_000
"""Samples per second."""

CHORD = (220, 277, 330, 440)
"""A major, in whole hertz so that one second loops seamlessly."""

LOUDNESS = 0.04
"""Peak of each note; full scale is 1."""

FADE = RATE // 2
"""Samples of fade at each end."""

BLOCK = 1024
"""Samples in an AAC frame."""


def audio_frames(duration: int) -> Iterator[av.AudioFrame]:
    """Mono float frames of exactly `duration` seconds; the last is shorter than the others."""
    samples = tone(duration)
    for start in range(0, len(samples), BLOCK):
        block = samples[start : start + BLOCK]
        frame = av.AudioFrame(format="fltp", layout="mono", samples=len(block))
        frame.planes[0].update(block.tobytes())
        frame.sample_rate = RATE
        frame.pts = start
        frame.time_base = Fraction(1, RATE)
        yield frame


def tone(duration: int) -> array[float]:
    """The samples of `duration` seconds."""
    samples = _second() * duration
    for index in range(FADE):
        samples[index] *= index / FADE
        samples[-1 - index] *= index / FADE
    return samples


def _second() -> array[float]:
    turn = 2 * math.pi / RATE
    return array(
        "f",
        (
            LOUDNESS * (0.75 - 0.25 * math.cos(turn * index)) * sum(math.sin(turn * note * index) for note in CHORD)
            for index in range(RATE)
        ),
    )
