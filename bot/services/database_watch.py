"""Watches whether the database takes writes, for monitoring, and raises an alert when it does not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.errors import DatabaseMissing, StorageError
from bot.services.alerts import Alerts

LOOK_EVERY: Final = timedelta(seconds=3)
ANSWER_WITHIN: Final = timedelta(seconds=7)

NO_ANSWER: Final = "the database does not answer"


class DatabaseWatch:
    """`prove` writes something, undoes it, and raises `StorageError` with the reason when that fails."""

    def __init__(self, *, prove: Callable[[], Awaitable[None]], alerts: Alerts, clock: Clock) -> None:
        self._prove = prove
        self._alerts = alerts
        self._clock = clock
        self._trouble: str | None = NO_ANSWER
        self._looked_at = clock.monotonic()
        self._failures = 0
        self._is_told = False

    async def run(self) -> None:
        while True:
            await self.look()
            await self._clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Try a write. Raises an alert for a missing database at once, and for any other trouble once it lasts."""
        try:
            await self._prove()
        except StorageError as error:
            self._trouble = str(error)
            self._failures += 1
            if self._failures > 1 or isinstance(error, DatabaseMissing):
                self._tell(self._trouble)
        else:
            self._trouble = None
            self._failures = 0
            self._alerts.lay_to_rest(AlertKind.DATABASE_UNUSABLE)
            self._is_told = False
        self._looked_at = self._clock.monotonic()

    def trouble(self) -> str | None:
        """Why the database took no writes at the last look; None when it did."""
        age = self._clock.monotonic() - self._looked_at
        return NO_ANSWER if age > (LOOK_EVERY + ANSWER_WITHIN).total_seconds() else self._trouble

    def _tell(self, trouble: str) -> None:
        """Once per period of trouble, even when its reason changes meanwhile."""
        if not self._is_told:
            self._alerts.raise_alert(Alert(AlertKind.DATABASE_UNUSABLE, trouble))
            self._is_told = True
