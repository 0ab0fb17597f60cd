"""A member's request for a video, checked against the catalogue before anything is spent or sent."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.catalogue import DEFAULT_MODEL, Size, VideoModel, find_model
from bot.domain.identifiers import ChannelId, GuildId, InteractionId, LinkId, RoleId, UserId
from bot.domain.text import cleaned, is_blank
from bot.errors import NOTHING_SPENT, InvalidRequest

LARGEST_IMAGE = 10_000_000
"""Bytes of a picture to animate: https://powerpost.ai/docs/api/media (JPEG, PNG and WebP up to 10 MB)."""


@dataclass(frozen=True, slots=True)
class SourceImage:
    """A checked picture to animate; `data` is the whole file."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class VideoSpec:
    """What the video should be, every field valid for the model. `duration` is in seconds."""

    prompt: str
    model: VideoModel
    duration: int
    size: Size = Size.LANDSCAPE
    audio: bool = False
    enhance: bool = False


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """Who asks for which video, where. `role_ids` are the member's roles then, `image` is the picture to animate.

    `parent_channel_id` is the channel that a thread belongs to, when `channel_id` is a thread.
    `link_id` names the guild's own PowerPost account, or is None when the operator's pays.
    """

    guild_id: GuildId
    channel_id: ChannelId
    requester_id: UserId
    interaction_id: InteractionId
    spec: VideoSpec
    role_ids: frozenset[RoleId] = frozenset()
    image: SourceImage | None = None
    link_id: LinkId | None = None
    parent_channel_id: ChannelId | None = None


def make_spec(
    *,
    prompt: str,
    model_id: str = DEFAULT_MODEL.id,
    duration: int | None = None,
    size: Size = Size.LANDSCAPE,
    audio: bool = False,
    enhance: bool = False,
) -> VideoSpec:
    """A valid spec; a missing duration becomes the model's shortest.

    Raises `InvalidRequest` with a sentence that names what is allowed.
    """
    model = find_model(model_id)
    return VideoSpec(
        prompt=_checked_prompt(prompt, model),
        model=model,
        duration=_checked_duration(duration, model),
        size=size,
        audio=_checked_audio(audio, model),
        enhance=enhance,
    )


def _checked_prompt(prompt: str, model: VideoModel) -> str:
    prompt = cleaned(prompt).strip()
    if is_blank(prompt):
        raise InvalidRequest(f"The prompt is empty. Describe the video in a few words. {NOTHING_SPENT}")
    if len(prompt) > model.prompt_limit:
        raise InvalidRequest(
            f"{model.name} takes prompts of up to {model.prompt_limit} characters, and this one has {len(prompt)}. "
            f"{NOTHING_SPENT}"
        )
    return prompt


def _checked_duration(duration: int | None, model: VideoModel) -> int:
    if duration is None:
        return model.shortest_duration
    if duration not in model.durations:
        raise InvalidRequest(
            f"{model.name} makes videos of {model.durations_in_words}, not {duration}. {NOTHING_SPENT}"
        )
    return duration


def _checked_audio(audio: bool, model: VideoModel) -> bool:
    if audio and not model.has_audio:
        raise InvalidRequest(
            f"{model.name} only makes silent videos. Leave the sound off, or choose another model. {NOTHING_SPENT}"
        )
    return audio
