"""The PowerPost accounts that guilds linked: at most one active link per guild, with a key that is already encrypted.

Rows stay after unlinking, because jobs refer to them; the key is dropped as soon as no open job needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import ColumnElement, RowMapping, exists, insert, select, update

from bot.clock import Clock
from bot.domain.identifiers import GuildId, LinkId, UserId
from bot.domain.job import OPEN_STATES
from bot.domain.workspace import Link
from bot.errors import AccountUnusable
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.guilds import know_guild
from storage.tables import guilds, jobs, workspaces

_FIELDS = tuple(field.name for field in fields(Link))
_IS_ACTIVE = workspaces.c.unlinked_at.is_(None)

CHANGED_MEANWHILE = (
    "This server's PowerPost account was changed at this very moment. Please try again. Nothing was spent."
)


class WorkspaceStore:
    """Fits `bot.services.accounts.guild_accounts.Links`, `bot.services.accounts.linking.LinkBook`,
    `bot.services.retention.EndedLinks` and `bot.cli.keys.StoredKeys`. Each method is one transaction; all raise
    `StorageError`.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def link(self, guild_id: GuildId, workspace_id: str, encrypted_key: bytes, linked_by: UserId) -> Link:
        """See the port."""
        values = {"encrypted_key": encrypted_key, "linked_by": linked_by, "linked_at": self._clock.now()}
        async with self._database.writer() as transaction:
            await _lock_guild(transaction, guild_id)
            active = await _lock_active(transaction, guild_id)
            if active is not None and active.workspace_id == workspace_id:
                return await _renew(transaction, active.id, values)
            if active is not None:
                await self._end(transaction, active)
            return await _insert(transaction, {"guild_id": guild_id, "workspace_id": workspace_id, **values})

    async def unlink(self, guild_id: GuildId, link_id: LinkId) -> Link | None:
        """See the port."""
        async with self._database.writer() as transaction:
            active = await _lock_active(transaction, guild_id)
            if active is None or active.id != link_id:
                return None
            await self._end(transaction, active)
            return active

    async def active(self, guild_id: GuildId) -> Link | None:
        """See the port."""
        return await self._find(workspaces.c.guild_id == guild_id, _IS_ACTIVE)

    async def get(self, link_id: LinkId) -> Link | None:
        """See the port."""
        return await self._find(workspaces.c.id == link_id)

    async def mark_refused(self, link: Link) -> bool:
        """See the port."""
        guarded = (
            workspaces.c.id == link.id,
            workspaces.c.encrypted_key == link.encrypted_key,
            workspaces.c.refused_at.is_(None),
        )
        noted = update(workspaces).where(*guarded).values(refused_at=self._clock.now()).returning(workspaces.c.id)
        async with self._database.writer() as transaction:
            return (await transaction.execute(noted)).one_or_none() is not None

    async def drop_unneeded_keys(self) -> Sequence[LinkId]:
        """See the port."""
        async with self._database.writer() as transaction:
            return await drop_keys(transaction)

    async def with_keys(self) -> Sequence[Link]:
        """See the port."""
        kept = select(workspaces).where(workspaces.c.encrypted_key.is_not(None)).order_by(workspaces.c.id)
        async with self._database.reader() as transaction:
            return [link_of(row) for row in (await transaction.execute(kept)).mappings()]

    async def sealed(self) -> Sequence[tuple[GuildId, bytes]]:
        """Every stored key, with its guild."""
        return [(link.guild_id, link.encrypted_key or b"") for link in await self.with_keys()]

    async def discard_key(self, link: Link) -> bool:
        """Forget a key that nobody can read; its link takes no more orders until an admin links again.

        False when the row has changed since `link` was read.
        """
        guarded = (workspaces.c.id == link.id, workspaces.c.encrypted_key == link.encrypted_key)
        values = {"encrypted_key": None, "refused_at": self._clock.now()}
        discarded = update(workspaces).where(*guarded).values(values).returning(workspaces.c.id)
        async with self._database.writer() as transaction:
            return (await transaction.execute(discarded)).one_or_none() is not None

    async def replace_key(self, link: Link, encrypted_key: bytes) -> bool:
        """See the port."""
        guarded = (workspaces.c.id == link.id, workspaces.c.encrypted_key == link.encrypted_key)
        replaced = update(workspaces).where(*guarded).values(encrypted_key=encrypted_key).returning(workspaces.c.id)
        async with self._database.writer() as transaction:
            return (await transaction.execute(replaced)).one_or_none() is not None

    async def _find(self, *which: ColumnElement[bool]) -> Link | None:
        async with self._database.reader() as transaction:
            row = (await transaction.execute(select(workspaces).where(*which))).mappings().one_or_none()
        return None if row is None else link_of(row)

    async def _end(self, transaction: Transaction, link: Link) -> None:
        ended = update(workspaces).where(workspaces.c.id == link.id).values(unlinked_at=self._clock.now())
        await transaction.execute(ended)
        await drop_keys(transaction, link.guild_id)


async def claim_link(transaction: Transaction, link_id: LinkId) -> None:
    """Make sure that a link takes orders until the caller's transaction ends.

    Raises `AccountUnusable` when it was ended or refused since it was chosen.
    """
    usable = (workspaces.c.id == link_id, _IS_ACTIVE, workspaces.c.refused_at.is_(None))
    held = update(workspaces).where(*usable).values(unlinked_at=None).returning(workspaces.c.id)
    if (await transaction.execute(held)).one_or_none() is None:
        raise AccountUnusable(CHANGED_MEANWHILE)


async def drop_keys(transaction: Transaction, guild_id: GuildId | None = None) -> Sequence[LinkId]:
    """Forget the keys of ended links (of one guild, or all) that no open job needs; returns those links."""
    needed = exists().where(jobs.c.link_id == workspaces.c.id, jobs.c.state.in_(OPEN_STATES))
    which = [workspaces.c.unlinked_at.is_not(None), workspaces.c.encrypted_key.is_not(None), ~needed]
    if guild_id is not None:
        which.append(workspaces.c.guild_id == guild_id)
    dropped = update(workspaces).where(*which).values(encrypted_key=None).returning(workspaces.c.id)
    return [LinkId(row.id) for row in await transaction.execute(dropped)]


def link_of(row: RowMapping) -> Link:
    """The record of a row that holds every column of `workspaces`."""
    return Link(**{name: row[name] for name in _FIELDS})


async def _lock_guild(transaction: Transaction, guild_id: GuildId) -> None:
    """Make two admins who link at the same time take turns, even when there is no link to lock yet."""
    await know_guild(transaction, guild_id)
    await transaction.execute(update(guilds).where(guilds.c.guild_id == guild_id).values(left_at=guilds.c.left_at))


async def _lock_active(transaction: Transaction, guild_id: GuildId) -> Link | None:
    """The guild's active link, which nobody else can end or claim until the transaction ends.

    An UPDATE that changes nothing locks the row on both databases; SQLite has no SELECT FOR UPDATE.
    """
    locked = update(workspaces).where(workspaces.c.guild_id == guild_id, _IS_ACTIVE).values(unlinked_at=None)
    row = (await transaction.execute(locked.returning(workspaces))).mappings().one_or_none()
    return None if row is None else link_of(row)


async def _renew(transaction: Transaction, link_id: LinkId, values: dict[str, object]) -> Link:
    renewed = update(workspaces).where(workspaces.c.id == link_id).values(**values, refused_at=None)
    return link_of((await transaction.execute(renewed.returning(workspaces))).mappings().one())


async def _insert(transaction: Transaction, values: dict[str, object]) -> Link:
    rows = await transaction.execute(insert(workspaces).values(**values).returning(workspaces))
    return link_of(rows.mappings().one())
