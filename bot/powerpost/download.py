"""Downloads a finished video from its signed link into a file.

The link leads to PowerPost's own host or to one that the operator named; `bot.web.fetch` ensures that. A broken
transfer resumes where it stopped, provided the server can say that the file is still the same.

https://powerpost.ai/docs/api/generate-videos ("Video URLs are signed and valid for 7 days");
ranges: https://www.rfc-editor.org/rfc/rfc9110#name-range-requests
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.errors import DownloadFailed, FetchBroken, FetchFailed, FetchTooLarge, LinkExpired, VideoTooLarge
from bot.powerpost.partfile import PartFile
from bot.web.fetch import Fetched, Fetcher

TRIES = 3
PAUSE = timedelta(seconds=1)
_EXPIRED = frozenset({401, 403, 404, 410})
_NO_RESUMING = frozenset({200, 206, 416})  # the whole file, another range than the one asked for, or none


async def download_video(
    url: str,
    target: Path,
    *,
    fetcher: Fetcher,
    clock: Clock,
    most_bytes: int,
    total: timedelta = timedelta(minutes=10),
) -> int:
    """Write the MP4 behind `url` to `target` and return its size in bytes.

    `target` appears only when it is complete; on failure or cancellation nothing is left. At most three tries in
    `total`. Raises `LinkExpired`, `VideoTooLarge` (over `most_bytes`), `DiskFull`, or `DownloadFailed` for the rest.
    """
    async with PartFile(target, most_bytes=most_bytes) as part:
        try:
            async with asyncio.timeout(total.total_seconds()):
                await _fill(part, url, fetcher, clock)
        except TimeoutError:
            raise DownloadFailed("The download took too long") from None
        except FetchTooLarge:
            raise VideoTooLarge(f"The video has more than {most_bytes} bytes") from None
        except FetchFailed as error:
            raise _named(error) from None
        return await part.keep()


async def _fill(part: PartFile, url: str, fetcher: Fetcher, clock: Clock) -> None:
    """Try until the file is complete, each time from where the last try broke off."""
    validator: str | None = None
    for failed in range(TRIES):
        try:
            async with fetcher.open(url, headers=_range(part.size, validator)) as answer:
                await _accept(answer, part)
                validator = _validator(answer.headers)
                async for chunk in answer.chunks(most_bytes=part.room):
                    await part.write(chunk)
                return
        except FetchFailed as error:
            if failed == TRIES - 1 or not _worth_trying(error):
                raise
        await clock.sleep(PAUSE * 2**failed)


async def _accept(answer: Fetched, part: PartFile) -> None:
    """Decide where this answer's body belongs: at the start of the file, or after what is already there."""
    if answer.status == 206 and _continues(answer.headers.get("content-range", ""), part.size):
        return
    if answer.status in _NO_RESUMING:
        await part.restart()
    if answer.status != 200:
        raise FetchFailed(f"The host answered HTTP {answer.status}", status=answer.status)


def _range(size: int, validator: str | None) -> Mapping[str, str]:
    """Ask for the rest, or for the whole if the file changed. Without a validator nobody can tell, so the whole."""
    return {"Range": f"bytes={size}-", "If-Range": validator} if size and validator else {}


def _validator(headers: Mapping[str, str]) -> str | None:
    """A value for `If-Range`: a strong entity tag, else the date of the last change."""
    tag = headers.get("etag", "")
    return tag if tag.startswith('"') else headers.get("last-modified")


def _continues(content_range: str, size: int) -> bool:
    found = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", content_range.strip())
    return found is not None and size > 0 and int(found[1]) == size


def _worth_trying(error: FetchFailed) -> bool:
    """Broken connections, servers in trouble, and a range that the server could not serve (416, or an odd 206)."""
    return isinstance(error, FetchBroken) or (error.status or 0) >= 500 or error.status in _NO_RESUMING


def _named(error: FetchFailed) -> DownloadFailed:
    if not isinstance(error, FetchBroken) and error.status in _EXPIRED:
        return LinkExpired(f"The link is no longer accepted (HTTP {error.status})")
    return DownloadFailed(str(error))
