"""Linking a server's own PowerPost account: proven first, then encrypted and stored; and its status afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from pydantic import SecretStr

from bot.domain.actor import by_user
from bot.domain.audit import AuditAction
from bot.domain.identifiers import GuildId, LinkId, UserId
from bot.domain.workspace import Link
from bot.errors import AnswerFacts, NoAnswer, PowerPostError
from bot.services.accounts.guild_accounts import OpenAccount, Vault
from bot.services.ports import Accounts, Audit

_log = logging.getLogger(__name__)

PROVEN_WITHIN = timedelta(seconds=30)
ANSWERED_WITHIN = timedelta(seconds=8)


class LinkBook(Protocol):
    """The accounts that servers linked. All raise `StorageError`."""

    async def link(self, guild_id: GuildId, workspace_id: str, encrypted_key: bytes, linked_by: UserId) -> Link:
        """Make this the guild's account from now on.

        The same workspace linked again keeps its link and gets the new key, so that jobs under way go on with it. Any
        other link ends.
        """

    async def unlink(self, guild_id: GuildId, link_id: LinkId) -> Link | None:
        """End this link; returns it as it was, or None when it was not active."""

    async def active(self, guild_id: GuildId) -> Link | None:
        """The account that the guild's new requests are ordered with; None for the operator's."""


class LinkedAccounts(Accounts, Protocol):
    """The accounts in use, some of them open."""

    def forget(self, link_ids: Iterable[LinkId]) -> None:
        """Drop these links from memory; whoever needs one again opens it with its current key."""


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """A guild's own account now; `credits` is its PowerPost balance, or None when PowerPost did not tell it."""

    link: Link
    credits: int | None


class Workspaces:
    """What admins can do with their server's account. Fits `cogs.credits.cog.OwnAccounts`.

    All methods raise `StorageError`.
    """

    def __init__(
        self, *, links: LinkBook, accounts: LinkedAccounts, vault: Vault, open_account: OpenAccount, audit: Audit
    ) -> None:
        self._links = links
        self._accounts = accounts
        self._vault = vault
        self._open_account = open_account
        self._audit = audit

    async def link(self, guild_id: GuildId, admin_id: UserId, key: SecretStr, workspace_id: UUID) -> LinkStatus:
        """Make this the server's account, once PowerPost accepts the key and the workspace.

        Raises the `PowerPostError` that says what is wrong; then nothing is stored.
        """
        account = self._open_account(key, str(workspace_id))
        try:
            async with asyncio.timeout(PROVEN_WITHIN.total_seconds()):
                balance = await account.prove()
        except TimeoutError:
            raise NoAnswer(AnswerFacts(message="PowerPost took too long to answer")) from None
        before = await self._links.active(guild_id)
        link = await self._links.link(guild_id, str(workspace_id), self._vault.seal(guild_id, key), admin_id)
        self._accounts.forget({link.id} if before is None else {link.id, before.id})
        _log.info("Account linked", extra={"action": "link", "guild": guild_id, "link": link.id, "by": admin_id})
        await self._audit.record(
            guild_id,
            by_user(admin_id),
            AuditAction.WORKSPACE_LINKED,
            {"workspace": link.workspace_id, "balance": balance},
        )
        return LinkStatus(link, balance)

    async def status(self, guild_id: GuildId) -> LinkStatus | None:
        """See the port."""
        link = await self._links.active(guild_id)
        return None if link is None else LinkStatus(link, await self._balance(link))

    async def active(self, guild_id: GuildId) -> Link | None:
        """The server's account, without asking PowerPost."""
        return await self._links.active(guild_id)

    async def unlink(self, guild_id: GuildId, admin_id: UserId, link_id: LinkId) -> Link | None:
        """Return to the operator's account from now on; None when `link_id` is no longer active."""
        link = await self._links.unlink(guild_id, link_id)
        if link is not None:
            self._accounts.forget([link.id])  # a video in progress opens it again
            _log.info(
                "Account unlinked", extra={"action": "unlink", "guild": guild_id, "link": link.id, "by": admin_id}
            )
            details = {"workspace": link.workspace_id}
            await self._audit.record(guild_id, by_user(admin_id), AuditAction.WORKSPACE_UNLINKED, details)
        return link

    async def _balance(self, link: Link) -> int | None:
        try:
            async with asyncio.timeout(ANSWERED_WITHIN.total_seconds()):
                return await self._accounts.of(link.id).credits()
        except (PowerPostError, TimeoutError) as error:
            facts = {"guild": link.guild_id, "error": type(error).__name__}
            _log.warning("A linked account's balance is unknown", extra={"action": "link_balance", **facts})
            return None
