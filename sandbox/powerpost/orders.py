"""Reading the body of `POST /videos/generate`: every documented rule, and the message of each refusal.

https://powerpost.ai/docs/api ("Generate Videos"). Unknown fields are ignored. Optional fields may be left out
but not be null: the page gives types and defaults, and null is none of these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sandbox.powerpost.catalogue import DEFAULT_MODEL, MODELS, Model, Size
from sandbox.powerpost.errors import ValidationRefused
from sandbox.powerpost.records import VideoOrder


def read_order(body: object) -> VideoOrder:
    """The order in a decoded JSON body, or `ValidationRefused` with the first rule it breaks."""
    if not isinstance(body, Mapping):
        raise ValidationRefused("Request body must be a JSON object")
    model = _model(body)
    return VideoOrder(
        prompt=_prompt(body, model),
        size=_size(body),
        duration=_duration(body, model),
        model=model.id,
        has_audio=_has_audio(body, model),
        enhance_prompt=_flag(body, "enhance_prompt"),
        source_image=_source_image(body),
    )


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID in its usual form."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _model(body: Mapping[str, Any]) -> Model:
    name = body.get("model", DEFAULT_MODEL)
    model = MODELS.get(name) if isinstance(name, str) else None
    if model is None:
        raise ValidationRefused(f"model must be one of: {', '.join(MODELS)}")
    return model


def _prompt(body: Mapping[str, Any], model: Model) -> str:
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip():
        raise ValidationRefused("prompt is required")
    if len(prompt) > model.prompt_limit:
        raise ValidationRefused(f"prompt must be at most {model.prompt_limit} characters for {model.name}")
    return prompt


def _size(body: Mapping[str, Any]) -> Size:
    size = body.get("size", Size.LANDSCAPE.value)
    if not isinstance(size, str) or size not in list(Size):
        raise ValidationRefused(f"size must be one of: {', '.join(Size)}")
    return Size(size)


def _duration(body: Mapping[str, Any], model: Model) -> int:
    duration = body.get("duration")
    if duration is None:
        raise ValidationRefused("duration is required")
    if type(duration) is not int or duration not in model.durations:
        supported = ", ".join(map(str, model.durations))
        raise ValidationRefused(f"duration must be one of: {supported} for {model.name}")
    return duration


def _has_audio(body: Mapping[str, Any], model: Model) -> bool:
    has_audio = _flag(body, "has_audio")
    if has_audio and not model.has_audio:
        raise ValidationRefused(f"{model.name} does not support audio")
    return has_audio


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise ValidationRefused(f"{name} must be a boolean")
    return value


def _source_image(body: Mapping[str, Any]) -> str | None:
    if "source_image" not in body:
        return None
    media_id = body["source_image"]
    if not isinstance(media_id, str) or not is_uuid(media_id):
        raise ValidationRefused("source_image must be a UUID")
    return media_id.lower()
