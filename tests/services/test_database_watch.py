"""The watch over the database: what monitoring reads, and when the operator is alerted."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.alert import Alert, AlertKind
from bot.errors import DatabaseMissing, DatabaseUnavailable
from bot.services.alerts import OnceEach
from bot.services.database_watch import ANSWER_WITHIN, LOOK_EVERY, NO_ANSWER, DatabaseWatch
from tests.clocks import MovableClock


class Desk:
    """A database that fails as a test likes, and the alerts that reach its operator."""

    def __init__(self) -> None:
        self.failure: Exception | None = None
        self.shown: list[Alert] = []
        self.clock = MovableClock()
        self.watch = DatabaseWatch(prove=self.prove, alerts=OnceEach([self], clock=self.clock), clock=self.clock)

    async def prove(self) -> None:
        if self.failure is not None:
            raise self.failure

    def show(self, alert: Alert) -> None:
        self.shown.append(alert)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_a_database_is_not_ready_before_it_was_asked_and_ready_after(desk: Desk) -> None:
    assert desk.watch.trouble() == NO_ANSWER
    await desk.watch.look()
    assert desk.watch.trouble() is None


async def test_a_missing_database_is_alerted_at_once_and_only_once(desk: Desk) -> None:
    desk.failure = DatabaseMissing("The file is gone.")
    for _ in range(5):
        await desk.watch.look()

    assert desk.watch.trouble() == "The file is gone."
    assert desk.shown == [Alert(AlertKind.DATABASE_UNUSABLE, "The file is gone.")]
    assert desk.shown[0].sentence.startswith("The file is gone. Until that is fixed, nothing is ordered")


async def test_a_moment_of_trouble_is_no_alert_and_trouble_that_lasts_is_one(desk: Desk) -> None:
    desk.failure = DatabaseUnavailable("The server is stopping.")
    await desk.watch.look()
    assert desk.shown == []

    await desk.watch.look()
    desk.failure = DatabaseUnavailable("The server is starting.")
    await desk.watch.look()
    assert [alert.subject for alert in desk.shown] == ["The server is stopping."]


async def test_trouble_that_comes_again_is_alerted_again(desk: Desk) -> None:
    for failure in (DatabaseMissing("gone"), None, DatabaseMissing("gone")):
        desk.failure = failure
        await desk.watch.look()

    assert [alert.subject for alert in desk.shown] == ["gone", "gone"]


async def test_a_look_that_never_returns_is_trouble_too(desk: Desk) -> None:
    await desk.watch.look()
    desk.clock.move(LOOK_EVERY + ANSWER_WITHIN + timedelta(seconds=1))
    assert desk.watch.trouble() == NO_ANSWER
