"""The video models on offer, exactly as PowerPost documents them.

Source: https://powerpost.ai/docs/api/generate-videos (tables "Models" and "Prompt Limits").
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import NOTHING_SPENT, InvalidRequest


class Size(StrEnum):
    """The two shapes of a video; the values are the API's."""

    LANDSCAPE = "landscape"
    PORTRAIT = "portrait"

    @property
    def ratio(self) -> str:
        """The aspect ratio as people write it."""
        return "16:9" if self is Size.LANDSCAPE else "9:16"


@dataclass(frozen=True, slots=True)
class VideoModel:
    """One model: what it makes, and the limits of a request for it.

    `durations` are seconds in ascending order; `prompt_limit` counts characters.
    """

    id: str
    name: str
    durations: tuple[int, ...]
    has_audio: bool
    prompt_limit: int
    sizes: tuple[Size, ...] = (Size.LANDSCAPE, Size.PORTRAIT)

    @property
    def shortest_duration(self) -> int:
        return self.durations[0]

    @property
    def durations_in_words(self) -> str:
        """For example "4 or 8 seconds"."""
        return " or ".join(str(duration) for duration in self.durations) + " seconds"


MODELS = (
    VideoModel("kling-3.0-pro", "Kling 3.0 Pro", durations=(5, 10), has_audio=True, prompt_limit=2500),
    VideoModel("veo-3.1", "Google Veo 3.1", durations=(4, 8), has_audio=True, prompt_limit=3000),
    VideoModel("runway-gen-4.5", "Runway Gen-4.5", durations=(5, 10), has_audio=False, prompt_limit=1000),
)
DEFAULT_MODEL = MODELS[0]
LONGEST_PROMPT = max(model.prompt_limit for model in MODELS)


def find_model(model_id: str) -> VideoModel:
    """The model with this id.

    Raises `InvalidRequest` when there is none.
    """
    for model in MODELS:
        if model.id == model_id:
            return model
    names = ", ".join(model.name for model in MODELS)
    raise InvalidRequest(f'There is no model called "{model_id[:50]}". The models are {names}. {NOTHING_SPENT}')
