"""Wherever the message, the channel or the bot's rights went: the video finds its member, rung by rung."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from bot.domain.job import Delivery
from sandbox.discord import NotificationReason, Permissions
from sandbox.powerpost.faults import TooManyRequests
from tests.e2e.delivery.place import PATCH, Place, Story

pytestmark = pytest.mark.asyncio(loop_scope="package")

STORIES: list[Story] = []


def story(told: Story) -> Story:
    STORIES.append(told)
    return told


@story
async def a_deleted_message_is_replaced_in_its_channel(place: Place) -> None:
    message = await place.being_made()
    place.product.discord.delete_message(message)
    place.finish()

    replacement = await place.shown(await place.delivered())

    assert replacement.channel is place.channel
    [notice] = await place.pinged()
    assert str(replacement.id) in notice


@story
async def a_video_whose_channel_was_deleted_comes_as_a_direct_message(place: Place) -> None:
    await place.being_made()
    place.channel.delete()
    place.finish()

    message = await place.shown(await place.delivered())

    assert place.mia.inbox == [message]
    assert [notification.reason for notification in place.mia.notifications] == [NotificationReason.DIRECT]
    assert f"https://discord.com/channels/@me/{message.channel.id}/{message.id}" in await place.history()


@story
async def a_channel_hidden_from_the_bot_is_left_for_a_direct_message(place: Place) -> None:
    await place.being_made()
    place.channel.hide_from_bot()
    place.finish()

    assert place.mia.inbox == [await place.shown(await place.delivered())]


@story
async def a_bot_that_may_no_longer_write_still_keeps_its_message_up_to_date(place: Place) -> None:
    message = await place.being_made()
    place.channel.deny_bot(Permissions.SEND_MESSAGES)
    place.finish()

    assert await place.shown(await place.delivered()) is message
    assert place.mia.notifications == []


@story
async def a_bot_that_may_no_longer_attach_files_shows_the_link_in_the_same_message(place: Place) -> None:
    message = await place.being_made()
    place.channel.deny_bot(Permissions.ATTACH_FILES)
    place.finish()

    assert await place.shown(await place.delivered(), Delivery.LINKED) is message
    assert "expires <t:" in message.text
    assert str(message.id) in (await place.pinged())[0]


@story
async def a_lost_message_where_the_bot_may_not_write_is_replaced_by_a_direct_one(place: Place) -> None:
    message = await place.being_made()
    place.product.discord.delete_message(message)
    place.channel.deny_bot(Permissions.SEND_MESSAGES)
    place.finish()

    assert place.mia.inbox == [await place.shown(await place.delivered())]


@story
async def an_archived_thread_is_opened_by_a_new_message_which_takes_the_old_ones_place(place: Place) -> None:
    thread = place.channel.add_thread("Storms")
    message = await place.being_made(channel=thread)
    thread.archive()
    place.finish()

    replacement = await place.shown(await place.delivered())

    assert replacement.channel is thread
    assert message.deleted
    assert not thread.archived


@story
async def a_locked_thread_is_left_for_a_direct_message(place: Place) -> None:
    thread = place.channel.add_thread("Storms")
    await place.being_made(channel=thread)
    thread.archive(locked=True)
    place.finish()

    assert place.mia.inbox == [await place.shown(await place.delivered())]


@story
async def a_bot_that_was_removed_settles_and_leaves_the_video_to_the_history(place: Place) -> None:
    await place.being_made()
    place.guild.kick_bot()
    place.finish()

    assert (await place.delivered()).delivery is Delivery.HISTORY

    place.guild.invite_bot()
    assert "[link](http" in await place.history()


@story
async def a_member_without_direct_messages_finds_the_video_in_the_history(place: Place) -> None:
    await place.being_made("A kite over the dunes")
    place.channel.delete()
    place.mia.close_direct_messages()
    place.finish()

    job = await place.delivered()

    assert job.delivery is Delivery.HISTORY
    history = await place.history()
    assert "A kite over the dunes" in history
    assert f"[link]({job.video_url})" in history


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_the_ladder(story: Story, played: dict[Story, asyncio.Task[None]]) -> None:
    await played[story]


async def test_a_job_that_moved_to_a_direct_message_stays_there_after_a_restart(place: Place) -> None:
    place.product.powerpost.faults.add("POST /videos/generate", TooManyRequests(retry_after=1))
    await place.ordered()
    place.channel.delete()
    job = await place.found(lambda job: job.is_direct)

    await place.product.stop_bot()
    await place.product.start_bot()
    place.finish()

    delivered = await place.delivered()
    assert delivered.message_id == job.message_id
    assert place.mia.inbox == [await place.shown(delivered)]
    assert len(await place.pinged()) == 1


async def test_messages_older_than_an_hour_wait_for_their_turn_to_be_edited(place: Place) -> None:
    """30046: Discord lets a channel have but few edits of old messages at a time."""
    limits = place.product.discord.limits
    limits.old_edits, limits.old_edits_window = 1, timedelta(seconds=2)
    messages = [await place.being_made("First"), await place.being_made("Second")]
    place.product.clock.advance(timedelta(minutes=61))
    place.finish()

    for message in messages:
        await place.product.finished(message)
    await place.pinged(2)
    assert 429 in [request.status for request in place.product.discord.requests.to(*PATCH)]
    assert len(place.channel.messages) == 4, "two videos and two mentions"
