"""From a request to a recorded job, or to the question that comes first; the same for the command and for the reply."""

from __future__ import annotations

import logging

from bot.clock import Clock
from bot.domain.identifiers import Credits, GuildId
from bot.domain.ledger import Balance
from bot.domain.request import VideoRequest
from bot.errors import ConfirmationNeeded, StorageError
from bot.services.jobs.accept import Accept
from bot.services.jobs.affordability import AffordabilityCheck
from bot.services.ports import Ledger
from cogs.interactions.answers import Interaction
from cogs.video.answering import Outcome, Prepared, Question
from cogs.video.pending import Asked, PendingRequests
from cogs.video.question_text import question_text

_log = logging.getLogger(__name__)


class Orders:
    """Takes requests; those that need the member's agreement wait in `pending`, with no credits held."""

    def __init__(self, *, accept: Accept, affordability: AffordabilityCheck, ledger: Ledger, clock: Clock) -> None:
        self._accept = accept
        self._affordability = affordability
        self._ledger = ledger
        self.pending = PendingRequests(clock)

    async def check(self, request: VideoRequest, picture_size: int) -> None:
        """Before a picture of this many bytes is fetched: check that rules, room, credits and quotas allow the request.

        Raises what `Accept.accept` does, except `ConfirmationNeeded`.
        """
        price = await self._accept.check(request, picture_size)
        await self._affordability.affordable_for(request, price.credits)

    async def order(self, interaction: Interaction, request: VideoRequest, agreed: Credits | None = None) -> Outcome:
        """Record the request, or ask first; `agreed` is the price that the member has agreed to.

        Raises whatever `Accept.accept` does, except `ConfirmationNeeded`.
        """
        try:
            job = await self._accept.accept(request, agreed=agreed)
        except ConfirmationNeeded as needed:
            return await self._question(interaction, request, needed)
        return Prepared(job, await self._balance(request.guild_id))

    async def _question(self, interaction: Interaction, request: VideoRequest, needed: ConfirmationNeeded) -> Question:
        price = Credits(needed.credits)
        affordable = await self._affordability.affordable_for(request, price)
        token = self.pending.keep(Asked(request, price, interaction))
        return Question(question_text(request, needed, affordable), token)

    async def _balance(self, guild_id: GuildId) -> Balance | None:
        """The balance is only for display; without it the request is still recorded."""
        try:
            return await self._ledger.balance(guild_id)
        except StorageError:
            _log.warning("Balance not shown", extra={"action": "balance_unread", "guild": guild_id})
            return None
