"""Credit packs bought in Discord: each becomes credits once, then Discord is told that it is used.

The ledger comes first, with the purchase's id as its key: if the process dies in between, the purchase is found again,
is already in the ledger, and only Discord is told again. After that, its buyer can buy the same pack again.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import Credits
from bot.domain.purchase import Purchase, PurchasePage
from bot.errors import DiscordError, StorageError
from bot.services.alerts import Alerts
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import PurchaseLedger, Purchases

_log = logging.getLogger(__name__)

PAGES_A_STEP: Final = 10
"""Pages of new purchases, and as many of older ones; a page is one request."""

MOST_FAILED: Final = 1000
"""This many are tried again at the next step; any others when their older page comes round."""

LOOK_EVERY: Final = timedelta(minutes=10)
"""Discord reports purchases at once; this finds what was bought while the bot was away, and retries what failed."""


class TopUps:
    """One loop over the unused purchases; `wakeup` is woken when somebody buys something.

    `packs` says how many credits each SKU is worth.
    """

    def __init__(
        self,
        *,
        purchases: Purchases,
        ledger: PurchaseLedger,
        packs: Mapping[int, Credits],
        alerts: Alerts,
        wakeup: Wakeup,
    ) -> None:
        self._purchases = purchases
        self._ledger = ledger
        self._packs = packs
        self._alerts = alerts
        self._wakeup = wakeup
        self._failed: dict[int, Purchase] = {}
        self._seen_again = 0

    async def run(self) -> None:
        while True:
            if not await self.step():
                await self._wakeup.wait(LOOK_EVERY)

    async def step(self) -> bool:
        """Process what was bought since the last step, at most `PAGES_A_STEP` pages; returns whether there is more.

        What fails is left for the next step, and holds up nothing else. Some earlier pages are checked again, in turn,
        for what failed in an earlier process, or had an unknown SKU then.
        """
        with _tried_again_later():
            for purchase in list(self._failed.values()):
                await self._try(purchase)
            place = await self._ledger.place()
            await self._look_again(place)
            return await self._go_on(place)
        return False

    async def _go_on(self, place: int) -> bool:
        for _ in range(PAGES_A_STEP):
            page = await self._purchases.page(place)
            await self._try_all(page)
            if page.last != place:
                place = page.last
                await self._ledger.keep_place(place)
            if not page.has_more:
                return False
        return True

    async def _look_again(self, end: int) -> None:
        for _ in range(PAGES_A_STEP):
            if self._seen_again >= end:
                self._seen_again = 0
                return
            page = await self._purchases.page(self._seen_again)
            await self._try_all(page)
            self._seen_again = page.last if page.has_more else end

    async def _try_all(self, page: PurchasePage) -> None:
        for purchase in page.unused:
            await self._try(purchase)

    async def _try(self, purchase: Purchase) -> None:
        if len(self._failed) < MOST_FAILED:
            self._failed[purchase.id] = purchase
        with _tried_again_later():
            await self._take(purchase)
            self._failed.pop(purchase.id, None)

    async def _take(self, purchase: Purchase) -> None:
        facts = {"purchase": purchase.id, "sku": purchase.sku_id, "guild": purchase.guild_id}
        amount = self._packs.get(purchase.sku_id)
        if amount is None:
            _log.info("A purchase that CREDIT_PACKS does not know", extra={"action": "top_up_unknown", **facts})
        elif purchase.guild_id is None:
            self._alerts.raise_alert(Alert(AlertKind.PURCHASE_UNASSIGNED, str(purchase.id)))
        else:
            is_new = await self._ledger.credit(purchase, purchase.guild_id, amount)
            await self._purchases.consume(purchase)
            _log.info("A purchase became credits", extra={"action": "top_up", "is_new": is_new, **facts})


@contextmanager
def _tried_again_later() -> Iterator[None]:
    try:
        yield
    except (DiscordError, StorageError) as error:
        facts = {"action": "top_up_later", "error": f"{type(error).__name__}: {error}"}
        _log.warning("A purchase is tried again later", extra=facts)
    except Exception:  # noqa: BLE001  the outermost edge of one purchase: the others must become credits
        _log.exception("A purchase is tried again later", extra={"action": "top_up_later"})
