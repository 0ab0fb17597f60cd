"""Which PowerPost account a job uses: the operator's, or one that its server linked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import timedelta
from typing import Final, Protocol

from pydantic import SecretStr

from bot.clock import Clock
from bot.domain.actor import BOT
from bot.domain.audit import AuditAction
from bot.domain.identifiers import GuildId, LinkId
from bot.domain.workspace import Link
from bot.errors import AccountUnusable, AnswerFacts, InvalidApiKey, PowerPostRefusal, SecretUnreadable
from bot.services.accounts.linked import LinkedAccount, Opened
from bot.services.ports import Account, Audit

_log = logging.getLogger(__name__)

KEY_REFUSED = (
    "PowerPost refuses the key of this server's own account, so no video can be ordered. "
    "An admin of this server must link the account again with `/workspace link`. Nothing was spent."
)

KEY_UNREADABLE = (
    "The key of this server's own PowerPost account cannot be read, so no video can be ordered. The bot's operator can "
    "put the bot's encryption key back, or an admin of this server can use `/workspace link` again. Nothing was spent."
)

MOST_REFUSALS: Final = 1000
FORGET_KEYS_EVERY: Final = timedelta(seconds=15)

AccountOf = Callable[[GuildId], Awaitable[LinkId | None]]
"""The link for a server's new requests; None for the operator's account. Raises `AccountUnusable`."""


class Links(Protocol):
    """The accounts that servers linked. All raise `StorageError`."""

    async def active(self, guild_id: GuildId) -> Link | None:
        """The account that the guild's new requests are ordered with; None for the operator's."""

    async def get(self, link_id: LinkId) -> Link | None:
        """A link, ended or not."""

    async def with_keys(self) -> Sequence[Link]:
        """Every link whose key is stored."""

    async def mark_refused(self, link: Link) -> bool:
        """Note that PowerPost no longer takes the link's key; True the first time, unless the key was replaced."""


class Vault(Protocol):
    """Encrypts what must be stored but not read by others."""

    def seal(self, guild_id: GuildId, secret: SecretStr) -> bytes:
        """A guild's secret, encrypted for storage."""

    def open(self, guild_id: GuildId, sealed: bytes) -> SecretStr:
        """The secret again.

        Raises `SecretUnreadable` when no key fits, when the text was changed, or when it belongs to another guild.
        """


class LinkableAccount(Account, Protocol):
    """An account that can prove that it works."""

    async def prove(self) -> int:
        """The balance, once PowerPost accepts the key and the workspace. Raises the `PowerPostError` that fits."""


OpenAccount = Callable[[SecretStr, str], LinkableAccount]
"""The account of a key and a workspace, not yet proven. Raises `PowerPostRefusal` for nonsense."""


class GuildAccounts:
    """Fits `bot.services.accounts.linking.LinkedAccounts` and `bot.services.retention.HeldAccounts`.

    Jobs keep the account that they were ordered with, even after it is unlinked.
    """

    def __init__(
        self,
        *,
        operator: Account,
        links: Links,
        vault: Vault,
        open_account: OpenAccount,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._operator = operator
        self._links = links
        self._vault = vault
        self._open_account = open_account
        self._audit = audit
        self._clock = clock
        self._linked: dict[LinkId, LinkedAccount] = {}
        self._refusals: asyncio.Queue[tuple[Link, str]] = asyncio.Queue(MOST_REFUSALS)

    async def account_of(self, guild_id: GuildId) -> LinkId | None:
        """The link for the guild's new requests; None for the operator's account.

        Raises `AccountUnusable` when PowerPost refuses the linked key or it cannot be read, and `StorageError`.
        """
        link = await self._links.active(guild_id)
        if link is None:
            return None
        if link.refused_at is not None:
            raise AccountUnusable(KEY_REFUSED)
        try:
            self._key(link)
        except SecretUnreadable:
            raise AccountUnusable(KEY_UNREADABLE) from None
        return link.id

    def of(self, link_id: LinkId | None) -> Account:
        """See the port. The account is opened by its first call, which raises `InvalidApiKey` if its key is gone."""
        if link_id is None:
            return self._operator
        if link_id not in self._linked:
            self._linked[link_id] = LinkedAccount(
                open_link=lambda: self._open(link_id),
                refused=self._note_refusal,
                operator=self._operator,
                clock=self._clock,
            )
        return self._linked[link_id]

    def forget(self, link_ids: Iterable[LinkId]) -> None:
        """See the port."""
        for link_id in link_ids:
            self._linked.pop(link_id, None)

    async def run(self) -> None:
        """Tell the admins about each key that PowerPost refuses, once."""
        while True:
            await self._tell_refusal(*await self._refusals.get())

    async def forget_keys(self) -> None:
        """Drop from memory what was opened with a key that is no longer stored, soon after it went."""
        while True:
            await self._clock.sleep(FORGET_KEYS_EVERY)
            if self._linked:
                kept = {link.id for link in await self._links.with_keys()}
                self.forget(self._linked.keys() - kept)

    def _note_refusal(self, link: Link, error: PowerPostRefusal) -> None:
        """If there is no room, the next refusal is told: a refused key stays refused."""
        if not self._refusals.full():
            self._refusals.put_nowait((link, str(error)))

    async def _open(self, link_id: LinkId) -> Opened:
        link = await self._links.get(link_id)
        if link is None or link.encrypted_key is None:
            raise InvalidApiKey(AnswerFacts(message="The server's account was unlinked"))
        try:
            key = self._key(link)
        except SecretUnreadable:
            raise InvalidApiKey(AnswerFacts(message="The key of the server's account cannot be read")) from None
        return Opened(link, self._open_account(key, link.workspace_id))

    def _key(self, link: Link) -> SecretStr:
        """Raises `SecretUnreadable`, which passes when the operator puts a lost encryption key back."""
        try:
            return self._vault.open(link.guild_id, link.encrypted_key or b"")
        except SecretUnreadable as error:
            facts = {"guild": link.guild_id, "link": link.id, "error": str(error)}
            _log.error("A server's key cannot be read", extra={"action": "key_unreadable", **facts})
            raise

    async def _tell_refusal(self, link: Link, reason: str) -> None:
        if not await self._links.mark_refused(link):
            return
        _log.error(
            "The key of a server's own account is refused",
            extra={"action": "link_refused", "guild": link.guild_id, "link": link.id, "reason": reason},
        )
        if link.is_active:
            details = {"workspace": link.workspace_id, "reason": reason}
            await self._audit.record(link.guild_id, BOT, AuditAction.WORKSPACE_REFUSED, details)
