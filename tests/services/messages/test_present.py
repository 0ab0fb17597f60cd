"""The ladder: its own message, a new one, a direct one, and at last nothing but the history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.identifiers import ChannelId, GuildId, MessageId
from bot.domain.job import Delivery, Job, JobState
from bot.errors import (
    ChannelClosed,
    DirectMessageRefused,
    DiscordError,
    DiscordRejected,
    DiscordUnavailable,
    FileTooLarge,
    MessageGone,
    PermissionMissing,
)
from bot.services.messages.present import ANSWER_SETTLES_WITHIN, EDIT_PATIENCE, Presenter, Shown
from bot.services.messages.upload_limits import REMEMBERED_FOR
from tests.cogs.factories import NOON, a_job
from tests.services.stage import ANSWER, CHANNEL, ActedDiscord, Stage


@pytest.fixture
def presenter(stage: Stage, discord: ActedDiscord) -> Presenter:
    return Presenter(notifier=discord, ledger=stage.ledger, clock=stage.clock)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"a video")
    return path


@pytest.fixture
async def job(stage: Stage) -> Job:
    return await stage.accept()


async def test_the_jobs_own_message_comes_first(presenter: Presenter, discord: ActedDiscord, job: Job) -> None:
    assert await presenter.present(job) == Shown(Delivery.LINKED, CHANNEL, ANSWER)
    assert discord.rungs == ["edit"]


async def test_a_video_is_attached(presenter: Presenter, discord: ActedDiscord, job: Job, video: Path) -> None:
    assert await presenter.present(job, video) == Shown(Delivery.ATTACHED, CHANNEL, ANSWER)
    assert (discord.last.rung, discord.last.video) == ("edit_with_file", b"a video")
    assert discord.last.job.delivery is Delivery.ATTACHED


async def test_a_video_that_discord_finds_too_large_is_linked(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    discord.refuse(FileTooLarge("40005"), "edit_with_file")

    assert await presenter.present(job, video) == Shown(Delivery.LINKED, CHANNEL, ANSWER)
    assert discord.rungs == ["edit"]
    assert discord.last.job.delivery is Delivery.LINKED


@pytest.mark.parametrize("closed", [MessageGone("10008"), ChannelClosed("50001")])
async def test_without_its_message_the_job_gets_a_new_one_in_the_channel(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path, closed: DiscordError
) -> None:
    discord.refuse(closed, "edit_with_file")

    shown = await presenter.present(job, video)

    assert (shown.delivery, shown.channel_id, shown.message_id) == (Delivery.ATTACHED, CHANNEL, 901)
    assert (discord.last.rung, discord.last.video) == ("post_with_file", b"a video")


async def test_without_its_channel_the_job_goes_to_its_requester(
    presenter: Presenter, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit", "post")

    assert await presenter.present(job) == Shown(Delivery.LINKED, ChannelId(700), MessageId(901), is_direct=True)
    assert discord.rungs == ["send_direct"]


async def test_where_nothing_is_open_the_history_has_it(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit_with_file", "post")
    discord.refuse(DirectMessageRefused("50007"), "send_direct")

    assert await presenter.present(job, video) == Shown(Delivery.HISTORY)


async def test_a_file_too_large_further_down_is_linked_there(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    """A direct message may take less than the channel does."""
    discord.refuse(ChannelClosed("10003"), "edit", "post")
    discord.refuse(FileTooLarge("40005"), "send_direct_with_file")

    shown = await presenter.present(job, video)

    assert shown == Shown(Delivery.LINKED, ChannelId(700), MessageId(901), is_direct=True)


@pytest.mark.parametrize("objection", [PermissionMissing("50013"), DiscordRejected("50035"), FileTooLarge("40005")])
async def test_a_message_whose_file_alone_is_not_taken_keeps_its_place(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path, objection: DiscordError
) -> None:
    """Attach Files was withdrawn, for example: the link can still be written where the video was promised."""
    discord.refuse(objection, "edit_with_file")

    assert await presenter.present(job, video) == Shown(Delivery.LINKED, CHANNEL, ANSWER)
    assert discord.rungs == ["edit"]


async def test_a_channel_in_which_the_bot_may_say_nothing_is_left_with_the_video(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    discord.refuse(MessageGone("10008"), "edit")
    discord.refuse(PermissionMissing("50013"), "post")

    assert (await presenter.present(job, video)).is_direct
    assert discord.rungs == ["send_direct_with_file"]


async def test_a_size_that_was_refused_is_not_uploaded_again_for_half_a_day(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    discord.refuse(FileTooLarge("40005"), "edit_with_file")
    await presenter.present(job, video)
    discord.recover()

    await presenter.present(job, video)
    assert discord.rungs == ["edit", "edit"]

    stage.clock.move(REMEMBERED_FOR)
    await presenter.present(job, video)
    assert discord.rungs[2:] == ["edit_with_file"]


async def test_a_size_refused_in_one_place_may_be_taken_in_another(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    discord.refuse(FileTooLarge("40005"), "edit_with_file")
    await presenter.present(job, video)

    await presenter.present(replace(job, guild_id=GuildId(101), delivery=None), video)
    discord.recover()
    await presenter.present(replace(job, guild_id=GuildId(102)), video)
    discord.refuse(ChannelClosed("10003"), "edit", "post")
    await presenter.present(job, video)

    assert discord.rungs == ["edit", "edit", "edit_with_file", "send_direct_with_file"]


async def test_a_smaller_video_is_tried_where_a_larger_one_was_refused(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path, tmp_path: Path
) -> None:
    discord.refuse(FileTooLarge("40005"), "edit_with_file")
    await presenter.present(job, video)
    discord.recover()
    smaller = tmp_path / "b.mp4"
    smaller.write_bytes(b"small")

    await presenter.present(job, smaller)

    assert discord.rungs == ["edit", "edit_with_file"]


async def test_an_edit_put_off_for_ten_minutes_gives_way_to_a_new_message(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    """30046: messages older than an hour may be edited but rarely. The old one goes, for it would never be right."""
    finished = replace(job, state=JobState.COMPLETED, state_at=stage.clock.now())
    discord.refuse(DiscordUnavailable("30046"), "edit")
    stage.clock.jump(timedelta(hours=25))
    with pytest.raises(DiscordUnavailable):
        await presenter.present(finished, video)

    stage.clock.move(EDIT_PATIENCE)
    with pytest.raises(DiscordUnavailable):
        await presenter.present(finished, video)
    stage.clock.move(timedelta(seconds=1))
    shown = await presenter.present(finished, video)

    assert (discord.rungs, shown.message_id) == (["post_with_file"], 901)
    assert [removed.message_id for removed in discord.removed] == [ANSWER]


async def test_a_discord_that_is_down_for_long_is_waited_for_all_the_same(
    stage: Stage, presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    finished = replace(job, state=JobState.COMPLETED, state_at=stage.clock.now())
    discord.refuse(DiscordUnavailable("503"), "edit", "post", "send_direct", "remove")
    with pytest.raises(DiscordUnavailable):
        await presenter.present(finished, video)
    stage.clock.move(EDIT_PATIENCE * 3)

    with pytest.raises(DiscordUnavailable):
        await presenter.present(finished, video)


async def test_an_old_message_that_cannot_be_taken_away_spoils_nothing(
    presenter: Presenter, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(MessageGone("10008"), "edit", "remove")

    assert (await presenter.present(job)).message_id == 901


@pytest.mark.parametrize("rung", ["edit", "post", "send_direct"])
async def test_a_discord_that_is_down_is_not_taken_for_a_closed_way(
    presenter: Presenter, discord: ActedDiscord, job: Job, rung: str
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit", "post", "send_direct")
    discord.refuse(DiscordUnavailable("503"), rung)

    with pytest.raises(DiscordUnavailable):
        await presenter.present(job)
    assert discord.showings == []


async def test_an_answer_whose_id_was_not_stored_is_found_again(
    stage: Stage, presenter: Presenter, discord: ActedDiscord
) -> None:
    """The process died between answering and writing the message's id down."""
    discord.answer = ANSWER
    job = await stage.accept(answered=False)

    assert (await presenter.present(job)).message_id == ANSWER
    assert (discord.last.rung, discord.last.job.message_id) == ("edit", ANSWER)


async def test_a_job_that_was_never_answered_gets_a_message(
    stage: Stage, presenter: Presenter, discord: ActedDiscord
) -> None:
    job = await stage.accept(answered=False)

    await presenter.present(job)

    assert discord.rungs == ["post"]


async def test_one_job_has_one_lock_for_as_long_as_somebody_holds_it(presenter: Presenter, job: Job) -> None:
    async with presenter.lock(job.id):
        assert presenter.lock(job.id).locked()
    assert not presenter.lock(job.id).locked()


@pytest.mark.parametrize("jump", [timedelta(0), timedelta(hours=25), timedelta(hours=-2)], ids=str)
def test_the_commands_own_answer_has_twenty_seconds_whatever_the_wall_clock_does(
    stage: Stage, presenter: Presenter, jump: timedelta
) -> None:
    job = a_job(JobState.QUEUED, created_at=stage.clock.now(), message_id=None)
    assert presenter.is_answer_pending(job)
    stage.clock.jump(jump)

    stage.clock.move(ANSWER_SETTLES_WITHIN - timedelta(seconds=1))
    assert presenter.is_answer_pending(job)
    stage.clock.move(timedelta(seconds=1))
    assert not presenter.is_answer_pending(job)
    assert not presenter.is_answer_pending(a_job(JobState.QUEUED, created_at=NOON))
