"""Accepting a member's request: priced, then recorded with its credits held in one transaction. Nothing is sent yet."""

from __future__ import annotations

import logging
from dataclasses import replace

from bot.domain.identifiers import ChannelId, Credits, GuildId, LinkId, MessageId
from bot.domain.job import Job, MessageState
from bot.domain.options import NO_LIMIT, AtOnce, GuildOptions
from bot.domain.pricing import Price, price
from bot.domain.request import VideoRequest, VideoSpec
from bot.domain.rules import needs_agreement, refusal
from bot.errors import NOTHING_SPENT, ConfirmationNeeded, PlaceRefused
from bot.services.accounts.guild_accounts import AccountOf
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Jobs, Ledger, Meet, Options

_log = logging.getLogger(__name__)


class Accept:
    """Accepts requests. After `close()` it refuses new ones, while the process is stopping.

    `bounds` are the operator's limits, for every server on top of what its admins allow.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        ledger: Ledger,
        meet: Meet,
        account_of: AccountOf,
        options: Options,
        queue_wakeup: Wakeup,
        bounds: AtOnce = NO_LIMIT,
    ) -> None:
        self._bounds = bounds
        self._jobs = jobs
        self._ledger = ledger
        self._meet = meet
        self._account_of = account_of
        self._options = options
        self._queue_wakeup = queue_wakeup
        self._is_open = True

    def close(self) -> None:
        self._is_open = False

    async def quote(self, spec: VideoSpec, link_id: LinkId | None = None) -> Price:
        """What this video will cost on a server's own account, or the operator's for None.

        Raises `StorageError`.
        """
        return price(spec, await self._ledger.learned_prices(link_id))

    async def options(self, guild_id: GuildId) -> GuildOptions:
        """The rules of the server. Raises `StorageError`."""
        return await self._options.of(guild_id)

    async def check(self, request: VideoRequest, picture_size: int) -> Price:
        """Check that rules and limits allow the request, before a picture of this size is fetched; returns its price.

        Raises `ServerRuleBroken`, `SpendingStopped`, `AccountUnusable`, `PlaceRefused` or `StorageError`.
        """
        self._require_open()
        await self._meet(request.guild_id)
        options = await self._allowing(request)
        await self._jobs.check_free_place(request, options.at_once.within(self._bounds), picture_size)
        return await self.quote(request.spec, await self._account_of(request.guild_id))

    async def accept(self, request: VideoRequest, *, agreed: Credits | None = None) -> Job:
        """Record the request and hold its credits; the job is then queued.

        `agreed` is the price that the member has agreed to, if asked. The order goes to the server's own PowerPost
        account if it has one now, even if that is unlinked later.

        Raises `ServerRuleBroken` (`TooManyAtOnce` among them), `ConfirmationNeeded` when the server wants the member to
        agree to the price first, `QuotaExceeded`, `InsufficientCredits`, `AccountUnusable` when PowerPost refuses the
        server's own key, `PlaceRefused` while the bot is stopping, or `StorageError`; then nothing is held.
        """
        self._require_open()
        await self._meet(request.guild_id)
        options = await self._allowing(request)
        request = replace(request, link_id=await self._account_of(request.guild_id))
        quoted = await self.quote(request.spec, request.link_id)
        if needs_agreement(quoted.credits, options, agreed):
            raise ConfirmationNeeded(credits=quoted.credits, is_exact=quoted.is_exact)
        job = await self._jobs.accept(request, quoted.credits, options.at_once.within(self._bounds))
        _log.info("Request accepted", extra={"action": "accept", "job": job.id, "guild": job.guild_id})
        return job

    async def answered(self, job: Job, channel_id: ChannelId, message_id: MessageId) -> None:
        """Remember the message that shows the job, and let the order go out."""
        await self._jobs.note(job.id, channel_id=channel_id, message_id=message_id, shown=MessageState.QUEUED)
        self._queue_wakeup.wake()

    def _require_open(self) -> None:
        if not self._is_open:
            raise PlaceRefused(f"The bot is restarting. Please try again in a minute. {NOTHING_SPENT}")

    async def _allowing(self, request: VideoRequest) -> GuildOptions:
        """The server's rules. Raises what they refuse about the request itself."""
        options = await self._options.of(request.guild_id)
        broken = refusal(request, options)
        if broken is not None:
            raise broken
        return options
