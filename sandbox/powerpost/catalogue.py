"""What PowerPost sells: models, sizes, durations, prompt limits and prices.

Everything except the prices is from PowerPost's documentation (https://powerpost.ai/docs/api, "Generate Videos"). That
page gives one price, 15 credits for five seconds of Kling 3.0 Pro without sound; the others are invented to match.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Size(StrEnum):
    """The shape of a video: 16:9 or 9:16."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the finished video."""
        return (1920, 1080) if self is Size.LANDSCAPE else (1080, 1920)


@dataclass(frozen=True, slots=True)
class Model:
    """One row of the vendor's model table; durations in seconds, the prompt limit in characters."""

    id: str
    name: str
    has_audio: bool
    durations: tuple[int, ...]
    prompt_limit: int


DEFAULT_MODEL: Final = "kling-3.0-pro"

MODELS: Final = MappingProxyType(
    {
        model.id: model
        for model in (
            Model("kling-3.0-pro", "Kling 3.0 Pro", has_audio=True, durations=(5, 10), prompt_limit=2500),
            Model("veo-3.1", "Google Veo 3.1", has_audio=True, durations=(4, 8), prompt_limit=3000),
            Model("runway-gen-4.5", "Runway Gen-4.5", has_audio=False, durations=(5, 10), prompt_limit=1000),
        )
    }
)

_SILENT_CREDITS: Final = MappingProxyType(
    {
        ("kling-3.0-pro", 5): 15,
        ("kling-3.0-pro", 10): 30,
        ("veo-3.1", 4): 20,
        ("veo-3.1", 8): 40,
        ("runway-gen-4.5", 5): 12,
        ("runway-gen-4.5", 10): 24,
    }
)


def price(model: str, duration: int, *, has_audio: bool = False) -> int:
    """Credits charged for one video of `duration` seconds; sound adds half of that, rounded up.

    Raises `KeyError` for a combination that does not exist.
    """
    silent = _SILENT_CREDITS[model, duration]
    if not has_audio:
        return silent
    if not MODELS[model].has_audio:
        raise KeyError((model, duration, "audio"))
    return silent + (silent + 1) // 2
