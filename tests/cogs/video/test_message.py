"""How a job's message is built: one container, its colour, the clip in a gallery, Discord's limits kept."""

from __future__ import annotations

from typing import Any

import pytest
from discord import ui

from bot.domain.job import Delivery, Failure, Job, JobState, MessageState
from cogs.video.message import COLOUR_OF_MESSAGE_STATE, job_view, refusal_view
from cogs.video.text import Surroundings
from cogs.wording import limits
from tests.cogs.factories import NOON, a_balance, a_job, a_spec

CONTAINER, TEXT, GALLERY = 17, 10, 12
AROUND = Surroundings(now=NOON, balance=a_balance(85, reserved=15))

OF_EVERY_MESSAGE_STATE = {
    MessageState.QUEUED: a_job(JobState.QUEUED),
    MessageState.TROUBLE: a_job(JobState.QUEUED, trouble_until=NOON),
    MessageState.PROCESSING: a_job(),
    MessageState.SLOW: a_job(submitted_at=NOON.replace(hour=1)),
    MessageState.UNCONFIRMED: a_job(JobState.UNCONFIRMED),
    MessageState.COMPLETED: a_job(JobState.COMPLETED, delivery=Delivery.ATTACHED),
    MessageState.FAILED: a_job(JobState.FAILED, failure=Failure.UNREACHABLE),
    MessageState.CANCELLED: a_job(JobState.CANCELLED),
}


def _container(view: ui.LayoutView) -> dict[str, Any]:
    container: dict[str, Any]
    (container,) = view.to_components()  # type: ignore[no-untyped-call]  # discord.py left it without annotations
    assert container["type"] == CONTAINER
    return container


def _parts(view: ui.LayoutView, kind: int) -> list[dict[str, Any]]:
    return [part for part in _container(view)["components"] if part["type"] == kind]


@pytest.mark.parametrize("message_state", MessageState)
def test_each_message_state_is_one_container_in_its_colour(message_state: MessageState) -> None:
    view = job_view(OF_EVERY_MESSAGE_STATE[message_state], AROUND, attachment="video.mp4")

    assert _container(view)["accent_color"] == COLOUR_OF_MESSAGE_STATE[message_state]
    assert len(_parts(view, TEXT)) == 2
    assert len(_parts(view, GALLERY)) == (1 if message_state is MessageState.COMPLETED else 0)


def test_the_attached_clip_is_in_the_gallery_with_the_prompt_as_alternative_text() -> None:
    (gallery,) = _parts(
        job_view(OF_EVERY_MESSAGE_STATE[MessageState.COMPLETED], AROUND, attachment="video.mp4"), GALLERY
    )

    (item,) = gallery["items"]
    assert item["media"]["url"] == "attachment://video.mp4"
    assert item["description"] == "Video: A golden retriever runs through a field"


def test_a_linked_clip_plays_from_its_signed_link() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.LINKED, video_url="https://example.com/v.mp4")

    (gallery,) = _parts(job_view(job, AROUND), GALLERY)

    assert gallery["items"][0]["media"]["url"] == "https://example.com/v.mp4"


def test_a_link_too_long_for_a_gallery_is_left_out_of_it() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.LINKED, video_url="https://example.com/" + "x" * limits.MEDIA_URL)

    assert not _parts(job_view(job, AROUND), GALLERY)


def _at_its_longest(job: Job) -> ui.LayoutView:
    return job_view(job, AROUND, attachment="video.mp4")


@pytest.mark.parametrize("failure", Failure)
def test_the_longest_failure_fits_into_a_message(failure: Failure) -> None:
    job = a_job(JobState.FAILED, spec=a_spec(prompt="*" * 2500), failure=failure, failure_detail="_" * 5000)

    assert _at_its_longest(job).content_length() <= limits.DISPLAYED_TEXT


def test_the_longest_link_fits_into_a_message() -> None:
    url = "https://example.com/" + "x" * 1980
    job = a_job(JobState.COMPLETED, spec=a_spec(prompt="*" * 2500), delivery=Delivery.LINKED, video_url=url)

    view = _at_its_longest(job)

    assert url in _parts(view, TEXT)[1]["content"]
    assert view.content_length() <= limits.DISPLAYED_TEXT


def test_a_late_refusal_is_a_message_of_its_own() -> None:
    view = refusal_view("Not enough credits.")

    assert [part["content"] for part in _parts(view, TEXT)] == ["Not enough credits."]
