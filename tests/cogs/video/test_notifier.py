"""Showing a job wherever that is possible, with the real client against a local Discord."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.identifiers import ChannelId
from bot.domain.job import Delivery, Failure, Job, JobState
from bot.errors import (
    ChannelClosed,
    DirectMessageRefused,
    DiscordUnavailable,
    FileTooLarge,
    MessageGone,
)
from cogs.video.notifier import Purpose, nonce
from cogs.wording import limits
from sandbox.discord import Message, NotificationReason, Permissions
from tests.cogs.factories import a_balance, a_job
from tests.cogs.running import Scene

EDIT = ("PATCH", "/channels/{channel_id}/messages/{message_id}")
SEND = ("POST", "/channels/{channel_id}/messages")
CLIP = bytes(range(256)) * 4096
BALANCE = a_balance(85, reserved=15)


@pytest.fixture
async def job(scene: Scene) -> Job:
    """A job that Mia asked for and that is shown in a message."""
    await scene.grant(100)
    await (await scene.mia.slash(scene.channel, "video", prompt="A lighthouse")).first_response()
    await scene.video.drain()
    (job,) = await scene.jobs_of_mia()
    scene.discord.requests.clear()
    return job


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(CLIP)
    return clip


def _message(scene: Scene, job: Job) -> Message:
    assert job.message_id is not None
    return scene.discord.messages[job.message_id]


def _ready(job: Job, delivery: Delivery = Delivery.ATTACHED, **changes: str) -> Job:
    return replace(job, state=JobState.COMPLETED, delivery=delivery, **changes)  # type: ignore[arg-type]  # strings all


async def test_a_change_is_an_edit_by_the_bots_token_and_pings_nobody(scene: Scene, job: Job) -> None:
    failed = replace(job, state=JobState.FAILED, failure=Failure.UNREACHABLE)

    await scene.notifier.edit(failed, balance=BALANCE)

    assert "You were not charged." in _message(scene, job).text
    (request,) = scene.discord.requests
    assert (request.method, request.route) == EDIT
    assert request.payload["allowed_mentions"]["parse"] == []
    assert scene.mia.notifications == []


async def test_a_finished_video_is_attached_and_played_in_the_gallery(scene: Scene, job: Job, clip: Path) -> None:
    await scene.notifier.edit_with_file(_ready(job), clip, balance=BALANCE)

    message = _message(scene, job)
    (media,) = message.media
    assert media.path is not None
    assert await asyncio.to_thread(media.path.read_bytes) == CLIP
    assert media.description == "Video: A lighthouse"
    assert "It cost 15 credits; this server has 85 left." in message.text


async def test_a_video_over_the_limit_of_the_place_is_refused_and_then_linked(
    scene: Scene, job: Job, clip: Path
) -> None:
    scene.guild.upload_limit = len(CLIP) - 1
    with pytest.raises(FileTooLarge):
        await scene.notifier.edit_with_file(_ready(job), clip, balance=BALANCE)

    linked = _ready(job, Delivery.LINKED, video_url="https://example.com/v.mp4")
    await scene.notifier.edit(linked, balance=BALANCE)

    assert [media.url for media in _message(scene, job).media] == ["https://example.com/v.mp4"]
    assert "(expires <t:" in _message(scene, job).text


async def test_a_change_after_the_interactions_token_is_dead_works_all_the_same(scene: Scene, job: Job) -> None:
    clock = scene.discord.world.clock
    assert hasattr(clock, "advance")
    clock.advance(timedelta(hours=2))

    await scene.notifier.edit(replace(job, state=JobState.CANCELLED), balance=BALANCE)

    assert "cancelled" in _message(scene, job).text


async def test_a_new_message_takes_the_place_of_a_lost_one(scene: Scene, job: Job, clip: Path) -> None:
    scene.discord.delete_message(_message(scene, job))
    with pytest.raises(MessageGone):
        await scene.notifier.edit(job, balance=BALANCE)

    channel_id, message_id = await scene.notifier.post(_ready(job), clip, balance=BALANCE)

    assert channel_id == scene.channel.id
    assert scene.discord.messages[message_id].media[0].path is not None


async def test_a_message_whose_answer_was_lost_is_not_sent_twice(scene: Scene, job: Job) -> None:
    scene.discord.faults.answer(*SEND, status=500, times=1, carried_out=True)

    _, message_id = await scene.notifier.post(job, None, balance=BALANCE)

    assert len(scene.discord.requests.to(*SEND)) == 2
    assert scene.channel.messages[-1].id == message_id
    assert len(scene.channel.messages) == 2


async def test_a_member_is_shown_the_job_directly_where_no_channel_is_left(scene: Scene, job: Job, clip: Path) -> None:
    scene.channel.delete()
    with pytest.raises(ChannelClosed):
        await scene.notifier.post(_ready(job), clip, balance=BALANCE)

    channel_id, message_id = await scene.notifier.send_direct(_ready(job), clip, balance=BALANCE)

    (message,) = scene.mia.inbox
    assert (message.channel.id, message.id) == (channel_id, message_id)
    assert message.media[0].path is not None


async def test_a_job_that_moved_to_direct_messages_is_changed_there_and_not_mentioned_again(
    scene: Scene, job: Job
) -> None:
    channel_id, message_id = await scene.notifier.send_direct(job, None, balance=BALANCE)
    moved = replace(job, channel_id=channel_id, message_id=message_id, is_direct=True)

    await scene.notifier.edit(_ready(moved, Delivery.LINKED, video_url="https://example.com/v.mp4"), balance=BALANCE)
    await scene.notifier.mention_requester(moved)

    (message,) = scene.mia.inbox
    assert "The video is ready" in message.text


async def test_a_member_who_takes_no_direct_messages_is_known_as_such(scene: Scene, job: Job) -> None:
    scene.mia.close_direct_messages()

    with pytest.raises(DirectMessageRefused):
        await scene.notifier.send_direct(job, None, balance=BALANCE)


async def test_the_answer_to_a_command_is_found_by_the_interaction(scene: Scene, job: Job) -> None:
    await (await scene.mia.slash(scene.channel, "video", prompt="Another")).first_response()

    assert await scene.notifier.find_answer(replace(job, message_id=None)) == job.message_id


async def test_no_answer_is_found_where_there_is_none_or_nothing_can_be_read(scene: Scene, job: Job) -> None:
    scene.discord.delete_message(_message(scene, job))
    assert await scene.notifier.find_answer(job) is None

    scene.channel.hide_from_bot()
    assert await scene.notifier.find_answer(job) is None


async def test_the_requester_alone_is_told_that_the_video_is_there(scene: Scene, job: Job) -> None:
    bob = scene.guild.add_member("Bob")

    await scene.notifier.mention_requester(job)

    notice = scene.channel.messages[-1]
    assert f"/{scene.channel.id}/{job.message_id}" in notice.text
    assert [notification.reason for notification in scene.mia.notifications] == [NotificationReason.USER]
    assert bob.notifications == []


async def test_the_requester_can_be_told_by_direct_message_instead(scene: Scene, job: Job) -> None:
    before = len(scene.channel.messages)

    await scene.notifier.tell_directly(job)

    assert f"/{scene.channel.id}/{job.message_id}" in scene.mia.inbox[-1].text
    assert len(scene.channel.messages) == before


async def test_who_takes_no_direct_messages_is_not_told(scene: Scene, job: Job) -> None:
    scene.mia.close_direct_messages()
    with pytest.raises(DirectMessageRefused):
        await scene.notifier.tell_directly(job)


async def _thread_of(scene: Scene, job: Job) -> Job:
    thread = scene.channel.add_thread("Scenes")
    moved = replace(job, channel_id=ChannelId(thread.id))
    _, message_id = await scene.notifier.post(moved, None, balance=BALANCE)
    thread.archive(locked=True)
    return replace(moved, message_id=message_id)


async def test_an_archived_thread_is_a_closed_channel(scene: Scene, job: Job) -> None:
    with pytest.raises(ChannelClosed):
        await scene.notifier.edit(await _thread_of(scene, job), balance=BALANCE)


async def test_a_bot_that_was_removed_finds_its_channels_closed(scene: Scene, job: Job) -> None:
    scene.guild.kick_bot()

    with pytest.raises(ChannelClosed):
        await scene.notifier.edit(job, balance=BALANCE)


@pytest.mark.parametrize("denied", [Permissions.VIEW_CHANNEL, Permissions.SEND_MESSAGES])
async def test_a_channel_that_is_hidden_or_silent_is_closed(scene: Scene, job: Job, denied: Permissions) -> None:
    scene.channel.deny_bot(denied)

    with pytest.raises(ChannelClosed):
        await scene.notifier.post(job, None, balance=BALANCE)


async def test_a_member_whom_no_guild_connects_with_the_bot_gets_no_direct_message(scene: Scene, job: Job) -> None:
    scene.guild.kick_bot()

    with pytest.raises(DirectMessageRefused):
        await scene.notifier.send_direct(job, None, balance=BALANCE)


async def test_a_discord_that_is_down_is_worth_trying_again(scene: Scene, job: Job) -> None:
    scene.discord.faults.answer(*EDIT, status=503)

    with pytest.raises(DiscordUnavailable):
        await scene.notifier.edit(job, balance=BALANCE)


async def test_a_long_rate_limit_and_a_broken_connection_are_worth_trying_again(scene: Scene, job: Job) -> None:
    scene.discord.faults.rate_limit(*EDIT, retry_after=120)
    with pytest.raises(DiscordUnavailable):
        await scene.notifier.edit(job, balance=BALANCE)

    scene.discord.faults.rate_limit(*EDIT, retry_after=1, by_cloudflare=True)
    with pytest.raises(DiscordUnavailable):
        await scene.notifier.edit(job, balance=BALANCE)


async def test_a_job_without_a_message_has_nothing_to_edit(scene: Scene) -> None:
    with pytest.raises(MessageGone):
        await scene.notifier.edit(a_job(message_id=None), balance=BALANCE)


async def test_a_message_sent_before_a_power_cut_is_found_again_and_brought_up_to_date(scene: Scene, job: Job) -> None:
    queued = replace(job, state=JobState.QUEUED, message_id=None)
    _, sent = await scene.notifier.post(queued, None, balance=BALANCE)

    _, found = await scene.notifier.post(replace(queued, state=JobState.FAILED), None, balance=BALANCE)

    assert found == sent
    assert "You were not charged." in scene.discord.messages[sent].text


def test_a_mark_is_short_and_the_same_for_a_job_and_purpose_whatever_became_of_the_job() -> None:
    jobs = (a_job(), a_job(JobState.QUEUED), a_job(JobState.COMPLETED), a_job(JobState.UNCONFIRMED))
    marks = {nonce(job, purpose) for purpose in Purpose for job in jobs}

    assert len(marks) == len(Purpose)
    assert nonce(a_job(message_id=7 << 20), Purpose.POST) not in marks
    assert all(len(mark) <= limits.NONCE for mark in marks)
