"""Bringing a finished video into a file, over connections that break, links that expire and disks that fill up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.errors import DiskFull, DownloadFailed, LinkExpired, VideoTooLarge
from bot.powerpost.download import download_video
from bot.web.addresses import Reachable
from bot.web.fetch import Fetcher
from tests.powerpost.stage import FakeClock, Handler, Stage, hangs_up, refuses, writes

MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(range(256)) * 12_000
ROOMY = 10 * len(MP4)


class Download:
    """One download from the stage's server into a folder of its own."""

    def __init__(self, stage: Stage, fetcher: Fetcher, clock: FakeClock, folder: Path) -> None:
        self.stage, self.fetcher, self.clock = stage, fetcher, clock
        self.folder = folder
        self.target = folder / "video.mp4"

    async def run(self, *, most_bytes: int = ROOMY, total: timedelta = timedelta(seconds=10)) -> int:
        return await download_video(
            self.stage.url("/storage/videos/vid-001.mp4"),
            self.target,
            fetcher=self.fetcher,
            clock=self.clock,
            most_bytes=most_bytes,
            total=total,
        )

    def ranges(self) -> list[str | None]:
        return [headers.get("Range") for _, _, headers, _ in self.stage.requests]


@pytest.fixture
async def fetcher(stage: Stage) -> AsyncIterator[Fetcher]:
    async with Fetcher(reachable=Reachable.of(own=stage.base_url)) as fetcher:
        yield fetcher


@pytest.fixture
def download(stage: Stage, fetcher: Fetcher, clock: FakeClock, tmp_path: Path) -> Iterator[Download]:
    yield Download(stage, fetcher, clock, tmp_path)
    assert not list(tmp_path.glob("*.part")), "no download leaves its temporary file behind"


def cut_off(after: int, **headers: str) -> Handler:
    """Announces the whole file and breaks the connection after some bytes."""

    async def handler(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = web.StreamResponse(headers={"Content-Length": str(len(MP4))} | named)
        await response.prepare(request)
        await response.write(MP4[:after])
        assert request.transport is not None
        request.transport.close()
        return response

    return handler


async def resumes(request: web.Request) -> web.StreamResponse:
    start = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    content_range = f"bytes {start}-{len(MP4) - 1}/{len(MP4)}"
    return web.Response(status=206, body=MP4[start:], headers={"Content-Range": content_range, "ETag": '"v1"'})


async def test_a_video_is_written_whole(download: Download) -> None:
    download.stage.will(writes(MP4))

    assert await download.run() == len(MP4)
    assert download.target.read_bytes() == MP4


async def test_a_transfer_that_breaks_is_taken_up_where_it_stopped(download: Download) -> None:
    download.stage.will(cut_off(2_000_000, ETag='"v1"'), resumes)

    await download.run()

    assert download.target.read_bytes() == MP4
    first, second = download.ranges()
    assert first is None
    assert second is not None
    assert 0 < int(second[6:-1]) <= 2_000_000
    assert download.stage.requests[1][2]["If-Range"] == '"v1"'


async def test_a_file_that_changed_meanwhile_is_read_from_its_start(download: Download) -> None:
    download.stage.will(cut_off(2_000_000, ETag='"v0"'), writes(MP4, ETag='"v1"'))

    assert await download.run() == len(MP4)
    assert download.target.read_bytes() == MP4


@pytest.mark.parametrize("headers", [{}, {"ETag": 'W/"v1"'}])
async def test_without_a_strong_validator_the_whole_is_asked_again(download: Download, headers: dict[str, str]) -> None:
    download.stage.will(cut_off(2_000_000, **headers), writes(MP4))

    await download.run()

    assert download.ranges() == [None, None]
    assert download.target.read_bytes() == MP4


async def test_a_wrong_range_is_not_pasted_in(download: Download) -> None:
    wrong = writes(MP4[5:], 206, Content_Range=f"bytes 5-{len(MP4) - 1}/{len(MP4)}")
    download.stage.will(cut_off(2_000_000, Last_Modified="Wed, 11 Mar 2026 10:00:00 GMT"), wrong, writes(MP4))

    await download.run()

    assert download.target.read_bytes() == MP4
    assert download.ranges()[2] is None


async def test_a_server_in_trouble_does_not_lose_what_is_there(download: Download) -> None:
    download.stage.will(cut_off(2_000_000, ETag='"v1"'), refuses(503, "INTERNAL_ERROR"), resumes)

    await download.run()

    assert download.target.read_bytes() == MP4
    assert download.clock.slept == [timedelta(seconds=1), timedelta(seconds=2)]


async def test_three_broken_transfers_are_enough(download: Download) -> None:
    download.stage.will(hangs_up)

    with pytest.raises(DownloadFailed):
        await download.run()

    assert download.clock.slept == [timedelta(seconds=1), timedelta(seconds=2)]
    assert not download.target.exists()


@pytest.mark.parametrize("status", [401, 403, 404, 410])
async def test_a_link_that_is_no_longer_accepted_is_expired(download: Download, status: int) -> None:
    download.stage.will(refuses(status, "EXPIRED"))

    with pytest.raises(LinkExpired):
        await download.run()

    assert len(download.stage.requests) == 1


async def test_other_refusals_fail_without_another_try(download: Download) -> None:
    download.stage.will(refuses(418, "TEAPOT"))

    with pytest.raises(DownloadFailed) as caught:
        await download.run()

    assert not isinstance(caught.value, LinkExpired)
    assert len(download.stage.requests) == 1


@pytest.mark.parametrize("handler", [writes(MP4), cut_off(2_000_000)])
async def test_a_video_over_the_limit_is_refused(download: Download, handler: Handler) -> None:
    download.stage.will(handler)

    with pytest.raises(VideoTooLarge):
        await download.run(most_bytes=1_500_000)


@pytest.mark.parametrize("body", [b"", b"<html>Please log in</html>", b"\x89PNG" * 500_000])
async def test_what_is_no_mp4_is_not_kept(download: Download, body: bytes) -> None:
    download.stage.will(writes(body))

    with pytest.raises(DownloadFailed, match="does not lead to an MP4 video"):
        await download.run()

    assert not download.target.exists()


async def test_a_link_to_elsewhere_is_not_followed(fetcher: Fetcher, clock: FakeClock, tmp_path: Path) -> None:
    with pytest.raises(DownloadFailed):
        await download_video(
            "https://evil.example/v.mp4", tmp_path / "v.mp4", fetcher=fetcher, clock=clock, most_bytes=10
        )


async def test_a_full_disk_is_named(download: Download) -> None:
    (download.folder / "video.mp4.part").symlink_to("/dev/full")
    download.stage.will(writes(MP4))

    with pytest.raises(DiskFull):
        await download.run()


async def test_a_folder_that_is_not_there_is_a_failed_download(
    stage: Stage, fetcher: Fetcher, clock: FakeClock
) -> None:
    stage.will(writes(MP4))

    with pytest.raises(DownloadFailed, match="cannot be written"):
        await Download(stage, fetcher, clock, Path("/nonexistent")).run()


def stalling(arrived: asyncio.Event, over: asyncio.Event) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(len(MP4))})
        await response.prepare(request)
        await response.write(MP4[:1_500_000])
        arrived.set()
        await over.wait()
        return response

    return handler


async def test_a_download_that_takes_too_long_leaves_nothing(download: Download) -> None:
    over = asyncio.Event()
    download.stage.will(stalling(asyncio.Event(), over))

    with pytest.raises(DownloadFailed, match="too long"):
        await download.run(total=timedelta(seconds=0.2))

    over.set()
    assert not list(download.folder.iterdir())


async def test_a_cancelled_download_leaves_nothing(download: Download) -> None:
    arrived, over = asyncio.Event(), asyncio.Event()
    download.stage.will(stalling(arrived, over))
    task = asyncio.ensure_future(download.run())
    async with asyncio.timeout(30):
        await arrived.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    over.set()
    assert not list(download.folder.iterdir())
