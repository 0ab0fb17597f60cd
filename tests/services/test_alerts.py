"""Alerting the operator: each thing once while it lasts, again when it returns, and never unbounded in memory."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.services.alerts import LONGEST_SILENCE, MOST_REMEMBERED, OnceEach
from tests.clocks import MovableClock


class Screen:
    """Fits `AlertTarget`: keeps what it shows."""

    def __init__(self) -> None:
        self.shown: list[Alert] = []

    def show(self, alert: Alert) -> None:
        self.shown.append(alert)


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def alerts(screen: Screen, clock: MovableClock) -> OnceEach:
    return OnceEach([screen], clock=clock)


@pytest.mark.parametrize("kind", list(AlertKind))
def test_what_is_over_and_comes_again_is_told_again_whatever_it_is(
    alerts: OnceEach, screen: Screen, clock: MovableClock, kind: AlertKind
) -> None:
    alerts.raise_alert(Alert(kind, "a"))
    alerts.raise_alert(Alert(kind, "a"))
    assert len(screen.shown) == 1

    clock.move(LONGEST_SILENCE + timedelta(seconds=1))
    alerts.raise_alert(Alert(kind, "a"))

    assert len(screen.shown) == 2


def test_what_goes_on_for_days_is_told_once(alerts: OnceEach, screen: Screen, clock: MovableClock) -> None:
    for _ in range(5 * 24):
        alerts.raise_alert(Alert(AlertKind.ORDER_UNCONFIRMED, "a"))
        clock.move(timedelta(hours=1))

    assert len(screen.shown) == 1


def test_an_outcome_that_cannot_be_stored_again_is_told_again_the_same_day(
    alerts: OnceEach, screen: Screen, clock: MovableClock
) -> None:
    for _ in range(2):
        for _ in range(60):
            alerts.raise_alert(Alert(AlertKind.OUTCOME_NOT_STORED, "a"))
            clock.move(timedelta(seconds=1))
        clock.move(timedelta(hours=1))

    assert len(screen.shown) == 2


def test_memory_is_bounded_and_the_latest_are_remembered(alerts: OnceEach, screen: Screen) -> None:
    for number in range(3 * MOST_REMEMBERED):
        alerts.raise_alert(Alert(AlertKind.ORDER_WRITTEN_OFF, str(number)))
    assert len(alerts._raised) == MOST_REMEMBERED

    before = len(screen.shown)
    alerts.raise_alert(Alert(AlertKind.ORDER_WRITTEN_OFF, str(3 * MOST_REMEMBERED - 1)))
    assert len(screen.shown) == before


def test_what_is_long_over_takes_no_memory(alerts: OnceEach, clock: MovableClock) -> None:
    for number in range(100):
        alerts.raise_alert(Alert(AlertKind.ORDER_WRITTEN_OFF, str(number)))
    clock.move(LONGEST_SILENCE + timedelta(seconds=1))

    alerts.raise_alert(Alert(AlertKind.ACCOUNT_EMPTY))

    assert len(alerts._raised) == 1
