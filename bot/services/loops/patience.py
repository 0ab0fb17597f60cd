"""Patience with each of several subjects, counted by the monotonic clock and kept across restarts.

Time while no process runs does not count, nor does a jump of the wall clock (see `bot.domain.patience`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Protocol

from bot.clock import Clock
from bot.domain.patience import Reason, Wait

KEPT_EVERY = 100
"""A wait is stored again when it has grown by this part of its length: rarely, and a restart loses little."""


class Waits(Protocol):
    """Stores waits across restarts. All methods raise `StorageError`."""

    async def all(self, reason: Reason) -> Mapping[str, Wait]:
        """Every wait that is stored for this reason, by its subject."""

    async def keep(self, reason: Reason, subject: str, wait: Wait) -> None:
        """Remember how far a wait has come, in whole seconds."""

    async def drop(self, reason: Reason, subjects: Collection[str]) -> None:
        """Forget waits that are over or no longer apply."""


class Patience:
    """Call `watch` in every round, and `see` whenever the same is seen once more."""

    def __init__(self, *, waits: Waits, reason: Reason, enough: timedelta, clock: Clock) -> None:
        self._store = waits
        self._reason = reason
        self._enough = enough
        self._clock = clock
        self._waits: dict[str, Wait] = {}
        self._kept: dict[str, timedelta] = {}
        self._seen_at: dict[str, float] = {}
        self._is_loaded = False

    def span(self, subject: str) -> timedelta:
        """For how long the same has been seen."""
        return self._waits.get(subject, Wait()).span

    async def watch(self, subjects: Collection[str]) -> None:
        """Load what earlier processes saw of these subjects, and forget all others. Raises `StorageError`."""
        if not self._is_loaded:
            kept = await self._store.all(self._reason)
            self._waits = {**kept, **self._waits}
            self._kept = {subject: wait.span for subject, wait in kept.items()}
            self._is_loaded = True
        await self.forget(self._waits.keys() - set(subjects))

    async def see(self, subject: str) -> bool:
        """Count one more sighting; True when this has lasted long enough. Raises `StorageError`."""
        now = self._clock.monotonic()
        gap = timedelta(seconds=now - self._seen_at.get(subject, now))
        wait = self._waits.get(subject, Wait()).seen_after(gap, self._enough)
        self._waits[subject], self._seen_at[subject] = wait, now
        if wait.span - self._kept.get(subject, timedelta(0)) >= self._enough / KEPT_EVERY:
            await self._store.keep(self._reason, subject, wait)
            self._kept[subject] = wait.span
        return wait.fills(self._enough)

    async def forget(self, subjects: Collection[str]) -> None:
        """Start these from zero again: they were no longer the same. Raises `StorageError`."""
        if kept := self._kept.keys() & set(subjects):
            await self._store.drop(self._reason, kept)
        for subject in subjects:
            self._waits.pop(subject, None)
            self._kept.pop(subject, None)
            self._seen_at.pop(subject, None)
