"""Forgets what nobody needs: keys of ended links, and servers that the bot was removed from long ago."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.clock import Clock
from bot.domain.identifiers import GuildId, LinkId
from bot.domain.patience import Reason
from bot.services.loops.patience import Patience, Waits

_log = logging.getLogger(__name__)

LOOK_EVERY = timedelta(hours=1)
SEEN_GONE_FOR = timedelta(days=1)


class GuildErasure(Protocol):
    """Forgets guilds; raises `StorageError`."""

    async def forgettable(self, left_before: datetime) -> Sequence[GuildId]:
        """The guilds that the bot left before then and has not forgotten.

        A guild that still has a video under way is left for later.
        """

    async def forget_guilds(self, guild_ids: Collection[GuildId], left_before: datetime) -> Sequence[GuildId]:
        """Forget those guilds that the bot left before then, each once; returns those that it forgot.

        What their members wrote, their rules and their keys go.
        """


class KnownGuilds(Protocol):
    """The guilds in the database; both methods raise `StorageError`."""

    async def present(self) -> Sequence[GuildId]:
        """The guilds that the bot is in, as far as it knows."""

    async def mark_left(self, guild_id: GuildId) -> None:
        """Record that the bot was removed from this guild; its ledger stays."""


class EndedLinks(Protocol):
    """The accounts that servers linked; raises `StorageError`."""

    async def drop_unneeded_keys(self) -> Sequence[LinkId]:
        """Forget the keys of ended links that no open job needs; returns those links."""


class HeldAccounts(Protocol):
    """Accounts in memory."""

    def forget(self, link_ids: Iterable[LinkId]) -> None:
        """Drop these links from memory; whoever needs one again opens it with its current key."""


class Forgetter:
    """One slow loop, which begins when `guilds_named` returns: when Discord has named the servers that the bot is in.

    `has_left`: whether the bot is certainly not in a guild; it may have been removed while it was not running. `after`
    is how long a server that removed the bot is remembered, in case it comes back. It is forgotten only after the bot
    has seen for a day that it is not in it: a clock may have jumped, or the server may have come back while the bot was
    not running.
    """

    def __init__(
        self,
        *,
        guilds: KnownGuilds,
        guilds_named: Callable[[], Awaitable[None]],
        has_left: Callable[[GuildId], bool],
        erasure: GuildErasure,
        links: EndedLinks,
        accounts: HeldAccounts,
        waits: Waits,
        clock: Clock,
        after: timedelta,
    ) -> None:
        self._guilds = guilds
        self._guilds_named = guilds_named
        self._has_left = has_left
        self._erasure = erasure
        self._links = links
        self._accounts = accounts
        self._patience = Patience(waits=waits, reason=Reason.LEFT, enough=SEEN_GONE_FOR, clock=clock)
        self._clock = clock
        self._after = after

    async def run(self) -> None:
        await self._guilds_named()
        while True:
            await self.step()
            await self._clock.sleep(LOOK_EVERY)

    async def step(self) -> None:
        """Forget what is due now."""
        for guild_id in await self._guilds.present():
            if self._has_left(guild_id):
                await self._guilds.mark_left(guild_id)
        self._accounts.forget(await self._links.drop_unneeded_keys())
        await self._forget_guilds(self._clock.now() - self._after)

    async def _forget_guilds(self, left_before: datetime) -> None:
        due = await self._erasure.forgettable(left_before)
        await self._patience.watch([str(guild_id) for guild_id in due])
        gone = [guild_id for guild_id in due if self._has_left(guild_id) and await self._patience.see(str(guild_id))]
        for guild_id in await self._erasure.forget_guilds(gone, left_before):
            _log.info("A server that the bot left is forgotten", extra={"action": "forget", "guild": guild_id})
