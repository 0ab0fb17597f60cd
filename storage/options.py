"""What admins have set: one row per option that differs from its default; every change writes an audit entry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from bot.clock import Clock
from bot.domain.actor import Actor
from bot.domain.audit import AuditAction
from bot.domain.identifiers import GuildId
from bot.domain.options import OPTIONS, Edit, GuildOptions, Option, changed
from bot.errors import StorageError
from storage.audit import write_action
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.guilds import hold_guild, know_guild
from storage.tables import guild_options


class OptionStore:
    """Fits `bot.services.ports.Options`."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, guild_id: GuildId) -> GuildOptions:
        """See the port."""
        async with self._database.reader() as transaction:
            return await _read(transaction, guild_id)

    async def change(self, guild_id: GuildId, option: Option, edit: Edit, *, actor: Actor) -> GuildOptions:
        """See the port."""
        now = self._clock.now()
        async with self._database.writer() as transaction:
            await know_guild(transaction, guild_id)
            await hold_guild(transaction, guild_id)
            before = await _read(transaction, guild_id)
            after = changed(before, option, edit(getattr(before, option.name)))
            if after != before:
                await _write(transaction, guild_id, option, after, actor=actor, now=now)
                details = _details(option, before, after)
                await write_action(
                    transaction, guild_id, actor=actor, action=AuditAction.SETTING_CHANGED, details=details, at=now
                )
            return after


async def _read(transaction: Transaction, guild_id: GuildId) -> GuildOptions:
    columns = select(guild_options.c.name, guild_options.c.value).where(guild_options.c.guild_id == guild_id)
    stored = {row.name: row.value for row in await transaction.execute(columns)}
    return GuildOptions(**{option.name: _value(option, stored) for option in OPTIONS if option.name in stored})


def _value(option: Option, stored: Mapping[str, str]) -> Any:  # noqa: ANN401  each option has a type of its own
    try:
        return option.kind.decode(json.loads(stored[option.name]))
    except (ValueError, TypeError) as error:
        raise StorageError(f"The setting {option.name} of this server cannot be read: {error}") from error


async def _write(
    transaction: Transaction, guild_id: GuildId, option: Option, after: GuildOptions, *, actor: Actor, now: datetime
) -> None:
    same = (guild_options.c.guild_id == guild_id, guild_options.c.name == option.name)
    await transaction.execute(delete(guild_options).where(*same))
    value = getattr(after, option.name)
    if value != option.default:
        stored = json.dumps(option.kind.encode(value), ensure_ascii=False)
        row = {"guild_id": guild_id, "name": option.name, "value": stored, "set_by": actor, "set_at": now}
        await transaction.execute(insert(guild_options), row)


def _details(option: Option, before: GuildOptions, after: GuildOptions) -> dict[str, str]:
    return {
        "setting": option.label,
        "before": option.kind.in_words(getattr(before, option.name)),
        "after": option.kind.in_words(getattr(after, option.name)),
    }
