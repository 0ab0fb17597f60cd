"""The wire of PowerPost's API as frozen records: what the bot sends, and what it reads from answers.

Reading is lenient where a mistake is cheap, and strict where it is not. A part that the bot can do without becomes None
when it is missing or malformed; an answer without its main part (an id, a balance, the video of a completed generation)
is unreadable as a whole. Undocumented fields are ignored.

https://powerpost.ai/docs/api/generate-videos
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from bot.domain.catalogue import Size
from bot.powerpost.wiretypes import (
    LENIENT,
    Balance,
    Id,
    Link,
    MaybeBalance,
    MaybeCount,
    MaybeFlag,
    MaybeId,
    MaybeLink,
    MaybeMoment,
    MaybePrice,
    MaybePrompt,
    MaybeSeconds,
    MaybeText,
    one_line,
)


class Status(StrEnum):
    """The status of a generation. Any other word counts as `PROCESSING`."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @classmethod
    def read(cls, word: str | None) -> Status:
        """The status that `word` means, whatever its case."""
        try:
            return cls((word or "").strip().lower())
        except ValueError:
            return cls.PROCESSING


class WireRecord(BaseModel):
    """What all wire records share: frozen, ignoring unknown fields, built by field name or by wire name."""

    model_config = ConfigDict(frozen=True, extra="ignore", validate_by_name=True, validate_by_alias=True)


class GenerateOrder(WireRecord):
    """The body of `POST /videos/generate`: one video, which costs credits."""

    prompt: str = Field(repr=False)
    """What the video shows. Kept out of the repr: prompts are not logged."""

    duration: int
    """Seconds; one of the model's documented values."""

    model: str
    """The model's id, for example "kling-3.0-pro"."""

    size: Size = Size.LANDSCAPE
    """16:9 or 9:16."""

    has_audio: bool = False
    """Whether to make sound; only some models can."""

    enhance_prompt: bool = False
    """Whether PowerPost's AI may rewrite the prompt."""

    source_image: str | None = None
    """Media id of an uploaded image to start from; not sent when None."""


class Accepted(WireRecord):
    """The answer to an order: PowerPost makes the video and has charged for it."""

    id: Id = Field(alias="video_generation_id")
    """The generation's id. The only required field: with it, everything else can be looked up."""

    status_word: MaybeText = Field(default=None, alias="status")
    """The status as PowerPost wrote it."""

    credits_used: MaybePrice = None
    """The exact price in credits; None when PowerPost did not state it readably."""

    remaining_credits: MaybeBalance = None
    """What the account has left, in credits."""

    status_url: MaybeText = None
    """Path of the status endpoint; unused, since the id is enough and a path from outside is not trusted."""

    @property
    def status(self) -> Status:
        return Status.read(self.status_word)


class Video(WireRecord):
    """A finished video. https://powerpost.ai/docs/api/generate-videos, "Response — Completed"."""

    url: Link = Field(repr=False)
    """Signed link to the MP4, valid for seven days; whoever has it can watch, so it stays out of the repr."""

    media_id: MaybeId = None
    """The permanent name of the video at PowerPost."""

    thumbnail_url: MaybeLink = Field(default=None, repr=False)
    """Signed link to a still picture, valid for seven days."""

    width: MaybeCount = None
    """Pixels."""

    height: MaybeCount = None
    """Pixels."""

    duration: MaybeSeconds = None
    """Seconds."""


class ReportedFailure(WireRecord):
    """Why a generation failed; PowerPost refunds it."""

    code: MaybeText = None
    """For example "VIDEO_GENERATION_FAILED"."""

    message: MaybeText = None
    """A sentence of PowerPost's."""


class Generation(WireRecord):
    """The answer of `GET /videos/generations/{id}`. A completed one always has its `video`."""

    id: Id = Field(alias="video_generation_id")
    """The generation's id."""

    status_word: Annotated[str, AfterValidator(one_line)] = Field(alias="status")
    """The status as PowerPost wrote it."""

    prompt: MaybePrompt = Field(default=None, repr=False)
    """The prompt that was used."""

    size: MaybeText = None
    """Landscape or portrait, as ordered."""

    duration: MaybeSeconds = None
    """Seconds, as ordered."""

    has_audio: MaybeFlag = None
    """Whether it has sound."""

    model: MaybeText = None
    """The model's id."""

    created_at: MaybeMoment = None
    """When PowerPost accepted the order."""

    video: Annotated[Video | None, LENIENT] = None
    """The result, once completed."""

    error: Annotated[ReportedFailure | None, LENIENT] = None
    """The reason, once failed."""

    @property
    def status(self) -> Status:
        return Status.read(self.status_word)

    @model_validator(mode="after")
    def _completed_has_a_video(self) -> Self:
        if self.status is Status.COMPLETED and self.video is None:
            raise ValueError("a completed generation needs a video with a link")
        return self


class Uploaded(WireRecord):
    """The answer of `POST /media/upload`."""

    media_id: Id
    """What `GenerateOrder.source_image` takes."""

    type: MaybeText = None
    """Image or video."""

    file_name: MaybeText = None
    """The name that was sent."""

    file_size: MaybeCount = None
    """Bytes."""

    mime_type: MaybeText = None
    """For example "image/png"."""

    created_at: MaybeMoment = None
    """When it was stored."""


class AccountCredits(WireRecord):
    """The answer of `GET /account/credits`."""

    balance: Balance
    """Credits of the account behind the key; an overdrawn account may be below zero."""


class ErrorDetail(WireRecord):
    """The inside of an error answer."""

    message: MaybeText = None
    """A sentence of PowerPost's."""

    code: MaybeText = None
    """For example "VALIDATION_ERROR"."""

    retry_after: MaybeSeconds = Field(default=None, alias="retryAfter")
    """Seconds to wait, on a 429."""


def _detail_of_sentence(value: object) -> object:
    return {"message": value} if isinstance(value, str) else value


class ErrorEnvelope(WireRecord):
    """Every answer that is not a success: `{"error": {"message": "…", "code": "…"}}`."""

    error: Annotated[ErrorDetail, BeforeValidator(_detail_of_sentence)]
    """What went wrong; a bare sentence in its place is read as the message."""

    retry_after: MaybeSeconds = Field(default=None, alias="retryAfter")
    """Seconds to wait, if they are next to `error` instead of inside it."""
