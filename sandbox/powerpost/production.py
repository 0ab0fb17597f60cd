"""Making the ordered videos: rendering starts at once, but a generation finishes when its time has come.

A generation is `pending` for `pending_time`, `processing` until `generation_time` after the order, then completed as
soon as its file exists. If the prompt contains `[fail]` it fails instead, so that people can see what that looks like.
"""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from sandbox.clock import Clock
from sandbox.powerpost.catalogue import MODELS
from sandbox.powerpost.ledger import Ledger
from sandbox.powerpost.records import Generation, GenerationFailure, GenerationStatus
from sandbox.powerpost.render import Brief, Renderer

FAIL_MARK: Final = "[fail]"

TICK: Final = timedelta(milliseconds=20)
"""Real time between two looks at the clock while anything is unfinished, because tests may move the clock."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Work:
    """One unfinished generation: its rendering, and how it will end."""

    generation: Generation
    rendering: asyncio.Future[None] | None
    held: bool
    failure: GenerationFailure | None


class Production:
    """Takes orders from `start()` until `close()`; both belong to the running event loop.

    `generation_time` and `pending_time` may be changed at any time and also apply to unfinished generations.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        clock: Clock,
        render: Renderer,
        directory: Path,
        generation_time: timedelta,
        pending_time: timedelta,
    ) -> None:
        self.generation_time = generation_time
        self.pending_time = pending_time
        self._ledger = ledger
        self._clock = clock
        self._render = render
        self._directory = directory
        self._unfinished: dict[str, _Work] = {}
        self._holding = False
        self._failures: list[GenerationFailure] = []
        self._ordered = asyncio.Event()
        self._workers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="powerpost-render")
        self._ticker: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start watching the clock."""
        self._ticker = asyncio.create_task(self._watch_clock(), name="powerpost production")

    async def close(self) -> None:
        """Stop watching, forget what is unfinished, and wait for a clip that is being written."""
        if self._ticker is not None:
            self._ticker.cancel()
            await asyncio.wait([self._ticker])
        await asyncio.to_thread(self._workers.shutdown, cancel_futures=True)
        renderings = [work.rendering for work in self._unfinished.values() if work.rendering is not None]
        await asyncio.gather(*renderings, return_exceptions=True)

    def hold(self) -> None:
        """Stop the progress of every unfinished or future generation until `release()`."""
        self._holding = True
        for work in self._unfinished.values():
            work.held = True

    def release(self, *generations: Generation) -> None:
        """Let these generations continue; without arguments, all of them and future ones."""
        self._holding = self._holding and bool(generations)
        for work in [self._unfinished[generation.id] for generation in generations] or self._unfinished.values():
            work.held = False
        self.advance()

    def fail_next(self, times: int = 1, *, failure: GenerationFailure | None = None) -> None:
        """Make the next `times` orders fail, with a refund."""
        self._failures += [failure or GenerationFailure()] * times

    def fail(self, generation: Generation, failure: GenerationFailure | None = None) -> None:
        """Make an unfinished generation fail now, held or not, with a refund; `KeyError` if it is finished."""
        del self._unfinished[generation.id]
        self._ledger.fail(generation, failure or GenerationFailure())

    def take(self, generation: Generation) -> None:
        """Start an order. Its answer says that it is in progress, however soon it finishes."""
        generation.status = GenerationStatus.PENDING if self.pending_time else GenerationStatus.PROCESSING
        failure = self._planned_failure(generation)
        self._unfinished[generation.id] = _Work(
            generation,
            rendering=None if failure else self._rendering(generation),
            held=self._holding,
            failure=failure,
        )
        self._ordered.set()

    def advance(self) -> None:
        """Update every generation that is not held to the current time."""
        for work in list(self._unfinished.values()):
            if not work.held:
                self._advance(work)

    def video(self, media_id: str) -> Path:
        """Path of the clip with this media id, which may not exist yet."""
        return self._directory / f"{media_id}.mp4"

    def thumbnail(self, media_id: str) -> Path:
        """Path of its thumbnail, which may not exist yet."""
        return self._directory / f"{media_id}.jpg"

    def _planned_failure(self, generation: Generation) -> GenerationFailure | None:
        if self._failures:
            return self._failures.pop(0)
        return GenerationFailure() if FAIL_MARK in generation.order.prompt else None

    def _rendering(self, generation: Generation) -> asyncio.Future[None]:
        return asyncio.get_running_loop().run_in_executor(self._workers, self._render, self._brief(generation))

    def _brief(self, generation: Generation) -> Brief:
        order = generation.order
        width, height = order.size.pixels
        source = self._ledger.upload(order.source_image) if order.source_image else None
        return Brief(
            prompt=order.prompt,
            caption=f"{MODELS[order.model].name} · {order.duration} s · PowerPost sandbox",
            width=width,
            height=height,
            duration=order.duration,
            has_audio=order.has_audio,
            source_image=source.file if source else None,
            video=self.video(generation.media_id),
            thumbnail=self.thumbnail(generation.media_id),
        )

    def _advance(self, work: _Work) -> None:
        age = self._clock.now() - work.generation.ordered_at
        pending = age < self.pending_time
        work.generation.status = GenerationStatus.PENDING if pending else GenerationStatus.PROCESSING
        if age < max(self.generation_time, self.pending_time):
            return
        if work.rendering is not None and not work.rendering.done():
            return
        del self._unfinished[work.generation.id]
        self._finish(work)

    def _finish(self, work: _Work) -> None:
        failure = work.failure or _failure_of(work.rendering)
        if failure is None:
            self._ledger.complete(work.generation)
        else:
            self._ledger.fail(work.generation, failure)

    async def _watch_clock(self) -> None:
        while True:
            self.advance()
            if not self._unfinished:
                self._ordered.clear()
                await self._ordered.wait()
            await asyncio.sleep(TICK.total_seconds())


def _failure_of(rendering: asyncio.Future[None] | None) -> GenerationFailure | None:
    error = rendering.exception() if rendering is not None else None
    if error is None:
        return None
    _log.error("Rendering a clip failed", exc_info=error, extra={"action": "render_failed"})
    return GenerationFailure(message="Video generation failed")
