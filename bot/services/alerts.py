"""Telling the operator: always by the log, and wherever else was chosen; each thing once, until it is over."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from bot.domain.alert import Alert, AlertKind

_log = logging.getLogger(__name__)


class Alerts(Protocol):
    """Where alerts go. Neither method waits or raises."""

    def raise_alert(self, alert: Alert) -> None:
        """Tell the operator."""

    def lay_to_rest(self, kind: AlertKind) -> None:
        """What alerts of this kind were about is over: the next one is news again."""


class AlertTarget(Protocol):
    """One place where alerts are shown."""

    def show(self, alert: Alert) -> None:
        """Show it, or begin to; neither waits nor raises."""


class LoggedAlerts:
    """Fits `AlertTarget`: a line of the log at ERROR."""

    def show(self, alert: Alert) -> None:
        facts = {"action": "alert", "alert": alert.kind, "subject": alert.subject}
        _log.error("The operator is needed: %s", alert.sentence, extra=facts)


class OnceEach:
    """Fits `Alerts`: shows every alert at all targets, and not again while it goes on."""

    def __init__(self, targets: Sequence[AlertTarget]) -> None:
        self._targets = targets
        self._raised: set[Alert] = set()

    def raise_alert(self, alert: Alert) -> None:
        if alert in self._raised:
            return
        self._raised.add(alert)
        for target in self._targets:
            target.show(alert)

    def lay_to_rest(self, kind: AlertKind) -> None:
        self._raised = {alert for alert in self._raised if alert.kind is not kind}
