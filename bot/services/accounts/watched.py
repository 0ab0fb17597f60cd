"""The operator's PowerPost account, watched: every balance in an answer is noted, every trouble raises an alert."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from bot.clock import Clock
from bot.domain.alert import Alert, AlertKind
from bot.domain.evidence import Observation
from bot.errors import AccessForbidden, AccountEmpty, InsufficientScope, InvalidApiKey, PowerPostError
from bot.powerpost.models import Accepted, GenerateOrder, Generation, Uploaded
from bot.services.alerts import Alerts
from bot.services.ports import Account

MOST_NOTED = 1000
"""Observations kept until `take_observations`; dropping the oldest only loses evidence."""

_WHAT_IS_REFUSED: Final[dict[type[PowerPostError], str]] = {
    InvalidApiKey: "the key is not valid",
    AccessForbidden: "the key may not use this workspace",
    InsufficientScope: "the key lacks a scope",
}


class WatchedAccount:
    """Fits `bot.services.ports.Account` around another account.

    A `low_balance` of 0 credits: no alert for a low balance.
    """

    def __init__(self, account: Account, *, alerts: Alerts, clock: Clock, low_balance: int) -> None:
        self._account = account
        self._alerts = alerts
        self._clock = clock
        self._low_balance = low_balance
        self._noted: deque[Observation] = deque(maxlen=MOST_NOTED)

    def take_observations(self) -> list[Observation]:
        """What was noted since the last call, oldest first."""
        noted = list(self._noted)
        self._noted.clear()
        return noted

    async def credits(self) -> int:
        asked_at = self._clock.now()
        with self._watching():
            balance = await self._account.credits()
        self._note(balance, asked_at, generation_id=None)
        return balance

    async def generate(self, order: GenerateOrder) -> Accepted:
        asked_at = self._clock.now()
        with self._watching():
            accepted = await self._account.generate(order)
        if accepted.remaining_credits is not None:
            self._note(accepted.remaining_credits, asked_at, accepted.id)
        self._alerts.lay_to_rest(AlertKind.ACCOUNT_EMPTY)
        return accepted

    async def generation(self, generation_id: str) -> Generation:
        with self._watching():
            return await self._account.generation(generation_id)

    async def upload_image(self, data: bytes, filename: str, content_type: str) -> Uploaded:
        with self._watching():
            return await self._account.upload_image(data, filename, content_type)

    async def download(self, url: str, target: Path) -> None:
        await self._account.download(url, target)

    async def turn_to_order(self) -> None:
        await self._account.turn_to_order()

    def wait_for_look(self) -> timedelta:
        return self._account.wait_for_look()

    def take_look(self) -> None:
        self._account.take_look()

    @contextmanager
    def _watching(self) -> Iterator[None]:
        try:
            yield
        except (InvalidApiKey, AccessForbidden, InsufficientScope) as error:
            self._alerts.raise_alert(Alert(AlertKind.KEY_REFUSED, _WHAT_IS_REFUSED[type(error)]))
            raise
        except AccountEmpty:
            self._alerts.raise_alert(Alert(AlertKind.ACCOUNT_EMPTY))
            raise
        self._alerts.lay_to_rest(AlertKind.KEY_REFUSED)

    def _note(self, balance: int, asked_at: datetime, generation_id: str | None) -> None:
        self._noted.append(Observation(balance, asked_at, self._clock.now(), generation_id))
        if balance >= self._low_balance:
            self._alerts.lay_to_rest(AlertKind.LOW_BALANCE)
        else:
            self._alerts.raise_alert(Alert(AlertKind.LOW_BALANCE, str(self._low_balance)))
