"""The names of guilds and their channels: one row per guild, written only when a name is new."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import select, update

from bot.domain.guild_names import LONGEST_NAME, MOST_CHANNELS, GuildNames, KnownGuild, named
from bot.domain.identifiers import ChannelId, GuildId
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.guilds import know_guild
from storage.tables import guild_names, guilds


class NameStore:
    """Fits `bot.services.ports.Names`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def keep(self, guild_id: GuildId, names: GuildNames) -> None:
        """See the port."""
        wanted = {"name": names.name[:LONGEST_NAME], "channels": _as_json(names.channels)}
        stored = select(guild_names.c.name, guild_names.c.channels).where(guild_names.c.guild_id == guild_id)
        async with self._database.reader() as transaction:
            row = (await transaction.execute(stored)).one_or_none()
        if row is not None and dict(row._mapping) == wanted:  # noqa: SLF001  how SQLAlchemy spells a public attribute
            return
        async with self._database.writer() as transaction:
            await know_guild(transaction, guild_id)
            await transaction.insert_or_skip(guild_names, {"guild_id": guild_id, **wanted})
            await transaction.execute(update(guild_names).where(guild_names.c.guild_id == guild_id).values(**wanted))

    async def of(self, guild_ids: Collection[GuildId]) -> Mapping[GuildId, GuildNames]:
        """See the port."""
        query = select(guild_names).where(guild_names.c.guild_id.in_(set(guild_ids)))
        async with self._database.reader() as transaction:
            return {
                GuildId(row.guild_id): GuildNames(row.name, _from_json(row.channels))
                for row in await transaction.execute(query)
            }

    async def known(self) -> Sequence[KnownGuild]:
        """See the port."""
        joined = guilds.outerjoin(guild_names, guild_names.c.guild_id == guilds.c.guild_id)
        query = select(guilds.c.guild_id, guilds.c.first_seen_at, guilds.c.left_at, guild_names.c.name)
        async with self._database.reader() as transaction:
            return [
                KnownGuild(GuildId(row.guild_id), row.name, row.first_seen_at is not None and row.left_at is None)
                for row in await transaction.execute(query.select_from(joined).order_by(guilds.c.guild_id))
            ]


async def guild_in_words(transaction: Transaction, guild_id: GuildId) -> str:
    """For sentences that name a guild: its id, and its name if Discord has told it."""
    name = select(guild_names.c.name).where(guild_names.c.guild_id == guild_id)
    return named(guild_id, (await transaction.execute(name)).scalar_one_or_none())


def _as_json(channels: Mapping[ChannelId, str]) -> str:
    kept = sorted(channels.items())[:MOST_CHANNELS]
    return json.dumps({str(number): name[:LONGEST_NAME] for number, name in kept})


def _from_json(text: str) -> dict[ChannelId, str]:
    return {ChannelId(int(number)): name for number, name in json.loads(text).items()}
