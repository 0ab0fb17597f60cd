"""Retries failed work, whatever the error: after longer and longer pauses, and without holding up anything else.

Three kinds of failure, each with its own patience:

- The database does not answer. Everything waits for it, so each is tried again within seconds of its return.
- Discord or PowerPost does not answer. The pause doubles, up to `longest`.
- Anything else is unexpected. After `TRIES` of these the work steps aside: it is tried rarely, and an alert says so.
"""

from __future__ import annotations

import logging
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Generic, TypeVar

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.errors import DiscordUnavailable, PowerPostError, StorageError
from bot.services.alerts import Alerts
from bot.services.loops.backoff import REMEMBERED, Backoff

_log = logging.getLogger(__name__)

Key = TypeVar("Key", bound=Hashable)

FORESEEN = (DiscordUnavailable, PowerPostError)
STORAGE_PAUSE = timedelta(seconds=5)
"""The longest pause while the database does not answer."""

TRIES = 8
ASIDE = timedelta(minutes=30)
"""How long work that stepped aside is left alone between two tries, by default."""


class Retries(Generic[Key]):
    """Remembers when each key whose work failed may be tried again; `what` names the work in an alert.

    Kept in memory: after a restart everything is tried again.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        alerts: Alerts,
        what: str = "job",
        first: timedelta,
        longest: timedelta,
        aside: timedelta = ASIDE,
    ) -> None:
        self._alerts = alerts
        self._what = what
        self._aside = aside
        self._backoff = Backoff[Key](clock, first=first, longest=longest)
        self._unforeseen: dict[Key, int] = {}

    def is_due(self, key: Key) -> bool:
        return self._backoff.is_due(key)

    def failures(self, key: Key) -> int:
        """How often the key has failed since it last succeeded; sort by this, so that other work goes first."""
        return self._backoff.failures(key)

    @contextmanager
    def trying(self, key: Key) -> Iterator[None]:
        """Do the key's work in this block: an error is logged and puts the key off, and is not raised."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  the outermost edge of a job's work: whatever happens, others continue
            self.failed(key, error)
        else:
            self.succeeded(key)

    def failed(self, key: Key, error: Exception) -> timedelta:
        """Count and log a failure; returns how long the key is left alone."""
        pause = self._pause(key, error)
        is_known = isinstance(error, (*FORESEEN, StorageError))
        _log.log(
            logging.WARNING if is_known else logging.ERROR,
            "Work failed and is tried again",
            exc_info=None if is_known else error,
            extra={
                "action": "work_failed",
                "key": str(key),
                "seconds": pause.total_seconds(),
                "error": f"{type(error).__name__}: {error}",
            },
        )
        return pause

    def succeeded(self, key: Key) -> None:
        self._backoff.succeeded(key)
        self._unforeseen.pop(key, None)

    def _pause(self, key: Key, error: Exception) -> timedelta:
        if isinstance(error, StorageError):
            return self._backoff.failed(key, at_most=STORAGE_PAUSE)
        if isinstance(error, FORESEEN):
            return self._backoff.failed(key)
        if len(self._unforeseen) >= REMEMBERED:
            self._unforeseen.pop(next(iter(self._unforeseen)))
        self._unforeseen[key] = self._unforeseen.get(key, 0) + 1
        if self._unforeseen[key] < TRIES:
            return self._backoff.failed(key)
        self._alerts.raise_alert(Alert(AlertKind.WORK_STEPPED_ASIDE, f"{self._what} {key}"))
        return self._backoff.failed(key, at_least=self._aside)
