"""What the stand-in remembers: generations, uploads and the requests it received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sandbox.powerpost.catalogue import Size


class GenerationStatus(StrEnum):
    """The four statuses of the API."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"

    @property
    def finished(self) -> bool:
        """Whether the status is final."""
        return self in (GenerationStatus.COMPLETED, GenerationStatus.FAILED)


@dataclass(frozen=True, slots=True)
class VideoOrder:
    """A valid body of `POST /videos/generate`; `duration` in seconds, `source_image` the media id of an upload."""

    prompt: str
    size: Size
    duration: int
    model: str
    has_audio: bool
    enhance_prompt: bool
    source_image: str | None


@dataclass(frozen=True, slots=True)
class GenerationFailure:
    """Why a generation failed, as its owner is told."""

    code: str = "VIDEO_GENERATION_FAILED"
    message: str = "Video generation timed out"


@dataclass(slots=True)
class Generation:
    """One video that was ordered and charged; `media_id` is the id of its file."""

    id: str
    account_id: str
    workspace_id: str
    order: VideoOrder
    credits: int
    ordered_at: datetime
    media_id: str
    status: GenerationStatus = GenerationStatus.PROCESSING
    failure: GenerationFailure | None = None
    refunded: bool = False
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """One image in a workspace; `file_size` in bytes, `file` the path of its content."""

    media_id: str
    account_id: str
    workspace_id: str
    file_name: str
    file_size: int
    mime_type: str
    uploaded_at: datetime
    file: Path


@dataclass(slots=True)
class ReceivedRequest:
    """One request to the API or the storage, without its secrets (key, authorization, signature).

    `route` is the pattern as in planned faults, such as `GET /videos/generations/{id}`; `path` the real one.
    `account_id` is None if the key is unknown. `status` is None until an answer is sent, and stays None if none is: the
    connection was reset, or the client had left.
    """

    request_id: str
    method: str
    route: str
    path: str
    headers: dict[str, str]
    json: Any
    account_id: str | None
    received_at: datetime
    status: int | None = None
