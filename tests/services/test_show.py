"""The ladder: its own message, a new one, a direct one, and at last nothing but the history."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.job import Delivery, Job, JobState
from bot.errors import (
    ChannelClosed,
    DirectMessageRefused,
    DiscordError,
    DiscordRejected,
    DiscordUnavailable,
    FileTooLarge,
    MessageGone,
)
from bot.services.show import Presenter, Shown, is_answer_pending
from tests.cogs.factories import NOON, a_job
from tests.services.stage import ANSWER, CHANNEL, ActedDiscord, Stage


@pytest.fixture
def presenter(stage: Stage, discord: ActedDiscord) -> Presenter:
    return Presenter(notifier=discord, books=stage.ledger)


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


@pytest.mark.parametrize("closed", [MessageGone("10008"), ChannelClosed("50001"), DiscordRejected("50035")])
async def test_without_its_message_the_job_gets_a_new_one_in_the_channel(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path, closed: DiscordError
) -> None:
    discord.refuse(closed, "edit_with_file")

    shown = await presenter.present(job, video)

    assert (shown.delivery, shown.channel_id, shown.message_id) == (Delivery.ATTACHED, CHANNEL, 901)
    assert (discord.last.rung, discord.last.video) == ("post", b"a video")


async def test_without_its_channel_the_job_goes_to_its_requester(
    presenter: Presenter, discord: ActedDiscord, job: Job
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit", "post")

    assert await presenter.present(job) == Shown(Delivery.LINKED, 700, 901)  # type: ignore[arg-type]  # ids by hand
    assert discord.rungs == ["send_direct"]


async def test_where_nothing_is_open_the_history_has_it(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    discord.refuse(ChannelClosed("10003"), "edit_with_file", "post")
    discord.refuse(DirectMessageRefused("50007"), "send_direct")

    assert await presenter.present(job, video) == Shown(Delivery.HISTORY)


async def test_a_file_too_large_further_down_is_linked_from_the_top(
    presenter: Presenter, discord: ActedDiscord, job: Job, video: Path
) -> None:
    """A direct message may take less than the channel does; the link then begins with the job's own message again."""
    discord.refuse(ChannelClosed("10003"), "edit_with_file", "post")
    discord.refuse(FileTooLarge("40005"), "send_direct")

    assert await presenter.present(job, video) == Shown(Delivery.LINKED, CHANNEL, ANSWER)


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


@pytest.mark.parametrize(("seconds", "pending"), [(0, True), (19, True), (20, False)])
def test_the_commands_own_answer_has_twenty_seconds(seconds: int, pending: bool) -> None:
    job = a_job(JobState.QUEUED, created_at=NOON, message_id=None)

    assert is_answer_pending(job, NOON + timedelta(seconds=seconds)) is pending
    assert not is_answer_pending(a_job(JobState.QUEUED, created_at=NOON), NOON)
