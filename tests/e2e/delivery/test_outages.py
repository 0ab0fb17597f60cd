"""Discord is down, slow, rude or forgetful: videos wait, arrive once, and are mentioned once."""

from __future__ import annotations

import pytest

from bot.domain.job import Delivery, JobState
from sandbox.discord import EdgeAnswer, Message
from sandbox.powerpost import GenerationFailure
from tests.e2e.delivery.place import PATCH, POST, Place

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_while_discord_is_down_a_video_waits_and_is_shown_when_it_is_back(place: Place) -> None:
    message = await place.being_made()
    async with place.product.discord.outage():
        place.finish()
        await place.job(JobState.DELIVERING)
        await _refused(place, 503)

    assert await place.shown(await place.delivered()) is message
    await place.product.discord.wait_until_ready()


@pytest.mark.parametrize("answer", EdgeAnswer)
async def test_while_discords_edge_refuses_a_video_waits_and_comes_in_its_message(
    place: Place, answer: EdgeAnswer
) -> None:
    message = await place.being_made()
    refusing = place.product.discord.faults.edge(answer, times=None)
    place.finish()
    await place.product.discord.wait_for(lambda: refusing.hits >= 2 or None, timeout=30)
    assert (await place.job(JobState.DELIVERING)).delivery is None
    refusing.withdraw()

    assert await place.shown(await place.delivered()) is message
    assert len(await place.pinged()) == 1


async def test_while_discords_edge_refuses_a_failure_waits_and_is_told_in_its_message(place: Place) -> None:
    message = await place.being_made()
    refusing = place.product.discord.faults.edge(EdgeAnswer.CLOUDFLARE_FORBIDDEN, times=None)
    [generation] = place.generations
    place.product.powerpost.production.fail(generation, GenerationFailure(message="The prompt was blocked"))
    await place.job(JobState.FAILED)
    await place.product.discord.wait_for(lambda: refusing.hits >= 2 or None, timeout=30)
    refusing.withdraw()

    await place.product.says(message, "not charged")
    assert len(place.channel.messages) == 1


async def test_an_edit_that_was_carried_out_although_discord_answered_500_shows_one_video(place: Place) -> None:
    message = await place.being_made()
    place.product.discord.faults.answer(*PATCH, status=500, carried_out=True)
    place.finish()

    assert await place.shown(await place.delivered()) is message


async def test_a_new_message_is_not_sent_twice_when_the_connection_breaks_after_it(place: Place) -> None:
    place.product.discord.delete_message(await place.being_made())
    place.product.discord.faults.reset(*POST, carried_out=True)
    place.finish()

    message = await place.shown(await place.delivered())
    await place.pinged()

    assert place.channel.messages[0] is message
    assert len(place.channel.messages) == 2, "the video and the mention"


async def test_a_mention_whose_answer_was_lost_notifies_once(place: Place) -> None:
    await place.being_made()
    fault = place.product.discord.faults.answer(*POST, status=500, carried_out=True)
    place.finish()
    await place.delivered()

    await place.product.discord.wait_for(lambda: len(_answered(place)) >= 2 or None)

    assert fault.hits == 1
    assert len(await place.pinged()) == 1


async def test_a_long_rate_limit_delays_a_video_and_loses_nothing(place: Place) -> None:
    message = await place.being_made()
    place.product.discord.faults.rate_limit(*PATCH, retry_after=600)
    place.finish()

    assert await place.shown(await place.delivered()) is message
    assert len(await place.pinged()) == 1


async def test_a_file_that_discord_calls_malformed_is_shown_by_its_link(place: Place) -> None:
    message = await place.being_made()
    place.product.discord.faults.answer(*PATCH, status=400, code=50035, message="Invalid Form Body")
    place.finish()

    assert await place.shown(await place.delivered(), Delivery.LINKED) is message


async def test_a_size_that_a_server_refused_is_not_uploaded_there_again(place: Place) -> None:
    place.guild.upload_limit = 10
    messages = [await place.being_made("First"), await place.being_made("Second")]
    place.finish()

    for message in messages:
        assert (await place.product.finished(message)).attachments == ()
    uploads = [request for request in place.product.discord.requests.to(*PATCH) if _is_about(request.path, messages)]
    assert 1 <= sum(bool(request.files) for request in uploads) <= 2

    later = await place.being_made("Third")
    place.finish()
    await place.product.finished(later)
    edits = [request for request in place.product.discord.requests.to(*PATCH) if _is_about(request.path, [later])]
    assert [request for request in edits if request.files] == []


def _is_about(path: str, messages: list[Message]) -> bool:
    return any(path.endswith(f"/{message.id}") for message in messages)


def _answered(place: Place) -> list[int]:
    requests = place.product.discord.requests.to(*POST)
    return [request.status for request in requests if f"/{place.channel.id}/" in request.path and request.status]


async def _refused(place: Place, status: int) -> None:
    """Wait until the bot has met this answer with a video in its hands."""
    edits = place.product.discord.requests
    await place.product.discord.wait_for(
        lambda: [edit for edit in edits.to(*PATCH) if edit.status == status and edit.files], timeout=10
    )
