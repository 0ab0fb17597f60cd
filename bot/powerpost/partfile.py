"""A file that is still arriving: written in blocks off the event loop, kept when complete, removed otherwise."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from bot.errors import DiskFull, DownloadFailed

Result = TypeVar("Result")

BLOCK = 1024 * 1024
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class PartFile:
    """`target`, while its name still ends in ".part". An async context manager; only `keep` makes it `target`.

    Every method may raise `DiskFull`, or `DownloadFailed` for other disk troubles or for bytes that are not an MP4.
    """

    def __init__(self, target: Path, *, most_bytes: int) -> None:
        self._target = target
        self._path = target.with_name(target.name + ".part")
        self._most_bytes = most_bytes
        self._block = bytearray()
        self._file: BinaryIO | None = None
        self._written = 0

    async def __aenter__(self) -> Self:
        try:
            await _off_loop(self._open)
        except BaseException:
            self._discard()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await _off_loop(self._discard)

    @property
    def size(self) -> int:
        """Bytes received so far."""
        return self._written + len(self._block)

    @property
    def room(self) -> int:
        """Bytes that may still come."""
        return self._most_bytes - self.size

    async def restart(self) -> None:
        """Discard what has been received."""
        self._block.clear()
        if self._written:
            self._written = 0
            await _off_loop(self._truncate)

    async def write(self, chunk: bytes) -> None:
        """Append; goes to the disk once a block is full."""
        self._block += chunk
        if len(self._block) >= BLOCK:
            await self._flush()

    async def _flush(self) -> None:
        block = bytes(self._block)
        self._block.clear()
        if not self._written and not _is_mp4(block):
            raise DownloadFailed("The link does not lead to an MP4 video")
        self._written += len(block)
        await _off_loop(lambda: self._append(block))

    async def keep(self) -> int:
        """Give the file its name, and return its size in bytes."""
        await self._flush()
        await _off_loop(self._finish)
        return self._written

    def _open(self) -> None:
        self._file = self._path.open("wb", buffering=0)

    def _append(self, block: bytes) -> None:
        view = memoryview(block)
        while view and self._file:
            view = view[self._file.write(view) :]

    def _truncate(self) -> None:
        if self._file:
            self._file.seek(0)
            self._file.truncate()

    def _finish(self) -> None:
        if self._file:
            self._file.close()
        self._path.replace(self._target)

    def _discard(self) -> None:
        with suppress(OSError):
            if self._file:
                self._file.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)


def _is_mp4(start: bytes) -> bool:
    """An ISO base media file begins with a box of type "ftyp". https://www.iana.org/assignments/media-types/video/mp4"""
    return start[4:8] == b"ftyp"


async def _off_loop(work: Callable[[], Result]) -> Result:
    """Run `work` in a thread. A cancellation waits for its end, since a file must not be closed under a write."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull("There is no room for the video") from error
        raise DownloadFailed(f"The video cannot be written ({error.strerror})") from error
