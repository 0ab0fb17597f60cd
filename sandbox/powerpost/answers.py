"""The JSON of successful answers, field for field as in PowerPost's documentation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sandbox.powerpost.records import Generation, GenerationStatus, Upload

Link = Callable[[str], str]
"""Turns a storage path into an absolute signed address."""


def order_placed(generation: Generation, *, balance: int) -> dict[str, Any]:
    """The answer to `POST /videos/generate`; `balance` is what the account has left."""
    return {
        "video_generation_id": generation.id,
        "status": generation.status.value,
        "credits_used": generation.credits,
        "remaining_credits": balance,
        "status_url": f"/api/v1/videos/generations/{generation.id}",
    }


def generation_status(generation: Generation, *, link: Link) -> dict[str, Any]:
    """The answer to `GET /videos/generations/{id}`, with newly signed links if there is a video."""
    order = generation.order
    answer: dict[str, Any] = {
        "video_generation_id": generation.id,
        "status": generation.status.value,
        "prompt": order.prompt,
        "size": order.size.value,
        "duration": order.duration,
        "has_audio": order.has_audio,
        "model": order.model,
        "created_at": timestamp(generation.ordered_at),
    }
    if generation.status is GenerationStatus.COMPLETED:
        answer["video"] = _video(generation, link)
    if generation.failure is not None:
        answer["error"] = {"code": generation.failure.code, "message": generation.failure.message}
    return answer


def upload_kept(upload: Upload) -> dict[str, Any]:
    """The answer to `POST /media/upload`."""
    return {
        "media_id": upload.media_id,
        "type": "image",
        "file_name": upload.file_name,
        "file_size": upload.file_size,
        "mime_type": upload.mime_type,
        "created_at": timestamp(upload.uploaded_at),
    }


def timestamp(moment: datetime) -> str:
    """A time in PowerPost's format: `2026-03-11T10:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _video(generation: Generation, link: Link) -> dict[str, Any]:
    width, height = generation.order.size.pixels
    return {
        "media_id": generation.media_id,
        "url": link(f"/storage/videos/{generation.media_id}.mp4"),
        "thumbnail_url": link(f"/storage/thumbs/{generation.media_id}.jpg"),
        "width": width,
        "height": height,
        "duration": generation.order.duration,
    }
