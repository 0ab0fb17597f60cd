"""Alerting the operator: always in the log, and wherever else was chosen; each thing once, until it is over."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind

_log = logging.getLogger(__name__)

MOST_REMEMBERED: Final = 10_000
LONGEST_SILENCE: Final = timedelta(hours=24)
OVER_AFTER: Final = {AlertKind.OUTCOME_NOT_STORED: timedelta(minutes=10)}
"""What is raised every few seconds while it lasts is over sooner than other things."""


class Alerts(Protocol):
    """Where alerts go. Neither method waits or raises."""

    def raise_alert(self, alert: Alert) -> None:
        """Tell the operator."""

    def lay_to_rest(self, kind: AlertKind) -> None:
        """The trouble behind alerts of this kind is over: the next one is news again."""


class AlertTarget(Protocol):
    """One place where alerts are shown."""

    def show(self, alert: Alert) -> None:
        """Show it, or start to; neither waits nor raises."""


class LoggedAlerts:
    """Fits `bot.services.alerts.AlertTarget`: logs a line at ERROR."""

    def show(self, alert: Alert) -> None:
        facts = {"action": "alert", "alert": alert.kind, "subject": alert.subject}
        _log.error("The operator is needed: %s", alert.sentence, extra=facts)


class OnceEach:
    """Fits `bot.services.alerts.Alerts`: shows every alert at all targets, but not again while it lasts.

    What lasts is raised again and again, so an alert that was not raised for a while is over even if nobody laid it to
    rest: it is forgotten, and the next one like it is news. At most `MOST_REMEMBERED` are remembered.
    """

    def __init__(self, targets: Sequence[AlertTarget], *, clock: Clock) -> None:
        self._targets = targets
        self._clock = clock
        self._raised: dict[Alert, float] = {}

    def raise_alert(self, alert: Alert) -> None:
        now = self._clock.monotonic()
        raised_at = self._raised.pop(alert, float("-inf"))
        self._raised[alert] = now
        self._forget_old_ones(now)
        if now - raised_at > OVER_AFTER.get(alert.kind, LONGEST_SILENCE).total_seconds():
            for target in self._targets:
                target.show(alert)

    def lay_to_rest(self, kind: AlertKind) -> None:
        self._raised = {alert: at for alert, at in self._raised.items() if alert.kind is not kind}

    def _forget_old_ones(self, now: float) -> None:
        """They are in the order in which they were last raised."""
        while oldest := next(iter(self._raised.items()), None):
            is_old = now - oldest[1] > LONGEST_SILENCE.total_seconds()
            if not is_old and len(self._raised) <= MOST_REMEMBERED:
                return
            del self._raised[oldest[0]]
