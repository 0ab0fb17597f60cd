"""The way from PowerPost to this machine is broken, slow or full: the member gets the video, or the way to it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.domain.job import Delivery, JobState
from sandbox.powerpost.faults import Answer, CutOff, EndlessBody, Fault, ResetBefore, WrongContentType
from tests.e2e.delivery.place import Place, Story

pytestmark = pytest.mark.asyncio(loop_scope="package")

STORIES: list[Story] = []


def a_mishap(name: str, fault: Fault) -> None:
    """One trouble on the way does not keep the video from its message."""

    async def story(place: Place) -> None:
        message = await place.being_made()
        planned = place.spoil_download(fault)
        place.finish()

        assert await place.shown(await place.delivered()) is message
        assert planned.applied == 1

    _told(story, name)


def an_obstacle(name: str, fault: Fault) -> None:
    """A video that cannot be had here is shown by its link, and its requester told all the same."""

    async def story(place: Place) -> None:
        message = await place.being_made()
        place.spoil_download(fault, times=None)
        place.finish()

        assert await place.shown(await place.delivered(), Delivery.LINKED) is message
        await place.pinged()

    _told(story, name)


def _told(story: Story, name: str) -> Story:
    story.__name__ = name
    STORIES.append(story)
    return story


a_mishap("the server is in trouble", Answer(503))
a_mishap("the connection is reset", ResetBefore())
a_mishap("the transfer is cut off", CutOff(after=300))
a_mishap("the type is wrong", WrongContentType())
an_obstacle("every link is refused", Answer(403, "No"))
an_obstacle("a web page comes instead", Answer(200, "<html>Sign in</html>"))
an_obstacle("zeros come without end", EndlessBody())


async def an_expired_link_is_asked_anew(place: Place) -> None:
    message = await place.being_made()
    place.spoil_download(Answer(403, "The link has expired"))
    before = place.looks
    place.finish()

    assert await place.shown(await place.delivered()) is message
    assert place.looks >= before + 2, "once to learn that it is done, once for the link"


async def a_full_disk_does_not_keep_the_video_from_its_member(place: Place) -> None:
    """Every byte that is written for this video meets what a full disk answers."""
    message = await place.being_made()
    job = await place.job(JobState.PROCESSING)
    (_videos(place) / f"{job.id}.mp4.part").symlink_to("/dev/full")
    place.finish()

    assert await place.shown(await place.delivered(), Delivery.LINKED) is message
    assert f"job={job.id} error=DiskFull" in place.product.log


_told(an_expired_link_is_asked_anew, "an expired link is asked anew")
_told(a_full_disk_does_not_keep_the_video_from_its_member, "the disk is full")


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_the_way_of_a_video(story: Story, played: dict[Story, asyncio.Task[None]]) -> None:
    await played[story]


async def test_no_video_stays_on_disk_after_its_delivery(place: Place, played: dict[Story, asyncio.Task[None]]) -> None:
    await asyncio.wait(played.values())
    await place.being_made()
    place.finish()
    await place.delivered()
    await place.pinged()

    assert list(_videos(place).iterdir()) == []


def _videos(place: Place) -> Path:
    return Path(place.product.settings["DATA_DIR"]) / "videos"
