"""The audit trail as it happens: into the database first, then into the server's log channel, if it has one.

What could not be reported yet waits in the database, so that neither a restart nor an hour without Discord loses a
line, and the bot also reports what the operator does on the command line.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from bot.clock import Clock
from bot.domain.actor import Actor
from bot.domain.audit import AuditAction, AuditEntry, Details
from bot.domain.identifiers import ChannelId, GuildId
from bot.domain.patience import Reason
from bot.errors import DiscordError, DiscordUnavailable, DiscordUnreachable
from bot.services.alerts import Alerts
from bot.services.loops.backoff import Backoff
from bot.services.loops.patience import Patience, Waits
from bot.services.loops.retries import Retries
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Options

_log = logging.getLogger(__name__)

LOOK_EVERY: Final = timedelta(seconds=5)
AT_ONCE: Final = 100
GIVEN_UP_AFTER: Final = timedelta(days=1)
"""How long Discord itself must have answered that an action cannot be reported now."""


class Trail(Protocol):
    """Where actions are stored. All methods raise `StorageError`."""

    async def write(self, guild_id: GuildId, actor: Actor, action: AuditAction, details: Details) -> AuditEntry:
        """Store an action, to be reported in the guild's log channel."""

    async def waiting(self, limit: int) -> Sequence[AuditEntry]:
        """Audit entries, oldest first, that have not been reported yet."""

    async def told(self, entry: AuditEntry) -> None:
        """Record that an action no longer needs reporting."""


class LogChannels(Protocol):
    """Where the admins of a server look."""

    async def tell(self, channel_id: ChannelId, entry: AuditEntry) -> None:
        """Report an action in a channel, once even if called twice within minutes. Raises `DiscordError`."""


class AuditTrail:
    """Fits `bot.services.ports.Audit`."""

    def __init__(self, *, trail: Trail, wakeup: Wakeup) -> None:
        self._trail = trail
        self._wakeup = wakeup

    async def record(self, guild_id: GuildId, actor: Actor, what: AuditAction, details: Details) -> None:
        await self._trail.write(guild_id, actor, what, details)
        self._wakeup.wake()


class AuditTeller:
    """One loop over the actions that were not reported yet."""

    def __init__(
        self,
        *,
        trail: Trail,
        options: Options,
        channels: LogChannels,
        alerts: Alerts,
        waits: Waits,
        clock: Clock,
        wakeup: Wakeup,
    ) -> None:
        self._trail = trail
        self._options = options
        self._channels = channels
        self._wakeup = wakeup
        self._patience = Patience(waits=waits, reason=Reason.NOT_TOLD, enough=GIVEN_UP_AFTER, clock=clock)
        self._backoff = Backoff[GuildId](clock, first=timedelta(seconds=5), longest=timedelta(minutes=10))
        self._retries = Retries[int](
            clock, alerts=alerts, what="audit entry", first=timedelta(seconds=5), longest=timedelta(minutes=10)
        )

    async def run(self) -> None:
        while True:
            await self.step()
            await self._wakeup.wait(LOOK_EVERY)

    async def step(self) -> None:
        """Report what waits, each server's actions in their order."""
        waiting = await self._trail.waiting(AT_ONCE)
        await self._patience.watch([str(entry.id) for entry in waiting])
        for entry in waiting:
            if self._backoff.is_due(entry.guild_id) and self._retries.is_due(entry.id):
                with self._retries.trying(entry.id):
                    await self._deal_with(entry)

    async def _deal_with(self, entry: AuditEntry) -> None:
        if await self._is_dealt_with(entry):
            await self._trail.told(entry)

    async def _is_dealt_with(self, entry: AuditEntry) -> bool:
        channel_id = (await self._options.of(entry.guild_id)).log_channel
        if channel_id is None:
            return True
        try:
            await self._channels.tell(channel_id, entry)
        except DiscordUnavailable as error:
            self._backoff.failed(entry.guild_id)
            self._log("An action is reported later", entry, error)
            return not isinstance(error, DiscordUnreachable) and await self._patience.see(str(entry.id))
        except DiscordError as error:
            self._log("A log channel takes no messages", entry, error)
            return True
        self._backoff.succeeded(entry.guild_id)
        return True

    def _log(self, message: str, entry: AuditEntry, error: DiscordError) -> None:
        _log.warning(
            message,
            extra={
                "action": "audit_not_told",
                "guild": entry.guild_id,
                "entry": entry.id,
                "error": type(error).__name__,
            },
        )
