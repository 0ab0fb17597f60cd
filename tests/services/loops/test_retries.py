"""Failures of each kind, and how long they put work off."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.errors import DatabaseUnavailable, DiscordUnavailable
from bot.services.loops.retries import ASIDE, STORAGE_PAUSE, TRIES, Retries
from tests.clocks import MovableClock
from tests.services.stage import KeptAlerts

LONGEST = timedelta(minutes=2)


@pytest.fixture
def alerts() -> KeptAlerts:
    return KeptAlerts()


@pytest.fixture
def retries(clock: MovableClock, alerts: KeptAlerts) -> Retries[str]:
    return Retries[str](clock, alerts=alerts, first=timedelta(seconds=2), longest=LONGEST)


def pauses(retries: Retries[str], clock: MovableClock, error: Exception, times: int) -> list[float]:
    """How long each of so many failures, one after another, puts the work off."""
    told = []
    for _ in range(times):
        pause = retries.failed("a", error)
        clock.move(pause)
        told.append(pause.total_seconds())
    return told


def test_a_database_that_cannot_answer_is_asked_again_within_seconds(
    retries: Retries[str], clock: MovableClock, alerts: KeptAlerts
) -> None:
    assert pauses(retries, clock, DatabaseUnavailable(""), 50) == [2, 4, *[STORAGE_PAUSE.total_seconds()] * 48]
    assert alerts.raised == []


def test_a_discord_that_cannot_be_asked_is_asked_ever_more_rarely_but_nobody_is_called(
    retries: Retries[str], clock: MovableClock, alerts: KeptAlerts
) -> None:
    assert pauses(retries, clock, DiscordUnavailable(""), 50)[-1] == LONGEST.total_seconds()
    assert alerts.raised == []


def test_work_that_never_goes_well_steps_aside_with_one_alert(
    retries: Retries[str], clock: MovableClock, alerts: KeptAlerts
) -> None:
    told = pauses(retries, clock, RuntimeError(), TRIES + 2)

    assert told == [2, 4, 8, 16, 32, 64, 120, *[ASIDE.total_seconds()] * 3]
    assert alerts.raised == [Alert(AlertKind.WORK_STEPPED_ASIDE, "job a")]
    assert "job a" in alerts.raised[0].sentence


def test_work_that_went_well_is_forgiven(retries: Retries[str], clock: MovableClock, alerts: KeptAlerts) -> None:
    pauses(retries, clock, RuntimeError(), TRIES - 1)
    with retries.trying("a"):
        pass

    assert retries.failures("a") == 0
    pauses(retries, clock, RuntimeError(), TRIES - 1)
    assert alerts.raised == []


def test_an_error_goes_no_further_and_its_reason_stands_in_the_log(
    retries: Retries[str], caplog: pytest.LogCaptureFixture
) -> None:
    with retries.trying("a"):
        raise RuntimeError("who would have thought")

    assert not retries.is_due("a")
    assert retries.is_due("b")
    [record] = caplog.records
    assert record.exc_info is not None
    assert record.__dict__["error"] == "RuntimeError: who would have thought"
