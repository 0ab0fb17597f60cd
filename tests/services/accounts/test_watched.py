"""The operator's account, watched: balances are noted from every answer, and each trouble is told once."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from bot.domain.alert import SENTENCES, Alert, AlertKind
from bot.errors import AccountEmpty, InvalidApiKey, NoAnswer, PowerPostRefusal
from bot.powerpost.models import GenerateOrder
from bot.services.accounts.watched import WatchedAccount
from bot.services.alerts import LoggedAlerts, OnceEach
from sandbox.powerpost.faults import Answer, ResetAfter
from tests.clocks import MovableClock
from tests.services.stage import GENERATE, Stage

ORDER = GenerateOrder(prompt="a secret cat", duration=5, model="kling-3.0-pro")


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
def watched(stage: Stage, screen: Screen) -> WatchedAccount:
    return WatchedAccount(
        stage.paying, alerts=OnceEach([screen], clock=stage.clock), clock=stage.clock, low_balance=980
    )


async def test_every_answer_that_tells_the_balance_is_noted_once(stage: Stage, watched: WatchedAccount) -> None:
    assert await watched.credits() == 1000
    stage.clock.move(timedelta(seconds=1))
    accepted = await watched.generate(ORDER)

    asked, told = watched.take_observations()
    assert (asked.balance, asked.generation_id) == (1000, None)
    assert (told.balance, told.generation_id) == (985, accepted.id)
    assert told.told_at == stage.clock.now()
    assert watched.take_observations() == []


async def test_an_order_without_an_answer_tells_no_balance(stage: Stage, watched: WatchedAccount) -> None:
    stage.powerpost.faults.add(GENERATE, ResetAfter())
    with pytest.raises(NoAnswer):
        await watched.generate(ORDER)
    assert watched.take_observations() == []


async def test_a_low_balance_is_told_once_until_it_was_filled(
    stage: Stage, watched: WatchedAccount, screen: Screen
) -> None:
    low = Alert(AlertKind.LOW_BALANCE, "980")
    for _ in range(3):
        await watched.generate(ORDER)
    assert screen.shown == [low]

    stage.powerpost.ledger.grant(stage.account, 500)
    await watched.credits()
    assert screen.shown == [low]
    stage.powerpost.ledger.grant(stage.account, -500)
    await watched.credits()
    assert screen.shown == [low, low]


async def test_a_refused_key_is_told_once_until_it_works_again(
    stage: Stage, watched: WatchedAccount, screen: Screen
) -> None:
    refusal = Answer(401, {"error": {"code": "INVALID_API_KEY", "message": "No"}})
    stage.powerpost.faults.add(GENERATE, refusal, times=2)
    for _ in range(2):
        with pytest.raises(InvalidApiKey):
            await watched.generate(ORDER)
    assert screen.shown == [Alert(AlertKind.KEY_REFUSED, "the key is not valid")]

    await watched.generate(ORDER)
    stage.powerpost.faults.add(GENERATE, refusal)
    with pytest.raises(InvalidApiKey):
        await watched.generate(ORDER)
    assert len([alert for alert in screen.shown if alert.kind is AlertKind.KEY_REFUSED]) == 2


@pytest.mark.parametrize(
    ("status_and_code", "words"),
    [
        ((401, "INVALID_API_KEY"), "the key is not valid"),
        ((403, "FORBIDDEN"), "the key may not use this workspace"),
        ((403, "INSUFFICIENT_SCOPE"), "the key lacks a scope"),
    ],
)
async def test_a_refusal_says_in_words_what_is_refused(
    stage: Stage, watched: WatchedAccount, screen: Screen, status_and_code: tuple[int, str], words: str
) -> None:
    status, code = status_and_code
    stage.powerpost.faults.add(GENERATE, Answer(status, {"error": {"code": code, "message": "No"}}))
    with pytest.raises(PowerPostRefusal):
        await watched.generate(ORDER)

    [alert] = screen.shown
    assert alert.sentence.startswith(f"PowerPost refuses the operator's key or workspace ({words}). ")


async def test_an_empty_account_is_told(stage: Stage, watched: WatchedAccount, screen: Screen) -> None:
    stage.powerpost.faults.add(GENERATE, Answer(402, {"error": {"code": "INSUFFICIENT_CREDITS", "message": "No"}}))
    with pytest.raises(AccountEmpty):
        await watched.generate(ORDER)
    assert screen.shown == [Alert(AlertKind.ACCOUNT_EMPTY)]


def test_every_alert_has_a_sentence_that_names_what_it_is_about() -> None:
    assert set(SENTENCES) == set(AlertKind)
    for kind in AlertKind:
        sentence = Alert(kind, "0123456789abcdef").sentence
        assert "{" not in sentence
        assert ("0123456789abcdef" in sentence) is (kind is not AlertKind.ACCOUNT_EMPTY)


def test_an_alert_is_a_line_of_the_log_at_error(caplog: pytest.LogCaptureFixture) -> None:
    alerts = OnceEach([LoggedAlerts()], clock=MovableClock())
    for _ in range(2):
        alerts.raise_alert(Alert(AlertKind.ORDER_UNCONFIRMED, "0123456789abcdef"))

    [line] = caplog.records
    assert line.levelno == logging.ERROR
    assert (getattr(line, "action", None), getattr(line, "subject", None)) == ("alert", "0123456789abcdef")
