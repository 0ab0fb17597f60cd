"""Credit packs bought in Discord: each becomes credits once, then Discord is told that it is used up.

The books come first, with the purchase's id as their key: whatever dies in between, the purchase is found again, is in
the books already, and only the telling is done anew. Its buyer can buy the same pack again once Discord was told.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import Credits
from bot.domain.purchase import Purchase
from bot.errors import DiscordError, StorageError
from bot.services.alerts import Alerts
from bot.services.bell import Bell
from bot.services.ports import PurchaseBooks, Purchases

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(minutes=10)
"""Purchases are told at once; this finds what was bought while nobody listened, and tries again what failed."""


class TopUps:
    """One loop over the purchases that are not used up; `bell` is rung when somebody has bought something.

    `packs` says how many credits each SKU is worth.
    """

    def __init__(
        self, *, purchases: Purchases, books: PurchaseBooks, packs: Mapping[int, Credits], alerts: Alerts, bell: Bell
    ) -> None:
        self._purchases = purchases
        self._books = books
        self._packs = packs
        self._alerts = alerts
        self._bell = bell

    async def run(self) -> None:
        while True:
            await self.step()
            await self._bell.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Take every purchase that is not used up; what fails is left for the next look, and holds up no other."""
        with _tried_again_later():
            for purchase in await self._purchases.unconsumed():
                with _tried_again_later():
                    await self._take(purchase)

    async def _take(self, purchase: Purchase) -> None:
        facts = {"purchase": purchase.id, "sku": purchase.sku_id, "guild": purchase.guild_id}
        amount = self._packs.get(purchase.sku_id)
        if amount is None:
            _log.info("A purchase that CREDIT_PACKS does not know", extra={"action": "top_up_unknown", **facts})
        elif purchase.guild_id is None:
            self._alerts.raise_alert(Alert(AlertKind.PURCHASE_UNASSIGNED, str(purchase.id)))
        else:
            is_new = await self._books.credit(purchase, purchase.guild_id, amount)
            await self._purchases.consume(purchase)
            _log.info("A purchase was used up", extra={"action": "top_up", "is_new": is_new, **facts})


@contextmanager
def _tried_again_later() -> Iterator[None]:
    try:
        yield
    except (DiscordError, StorageError) as error:
        facts = {"action": "top_up_later", "error": f"{type(error).__name__}: {error}"}
        _log.warning("A purchase is looked at again later", extra=facts)
    except Exception:  # noqa: BLE001  the outermost edge of one purchase: the others must become credits
        _log.exception("A purchase is looked at again later", extra={"action": "top_up_later"})
