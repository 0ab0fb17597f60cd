"""Small facts that the bot stores about itself, by name."""

from __future__ import annotations

from sqlalchemy import select, update

from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.tables import notes

COMMANDS = "commands"
GUILD_COMMANDS = "guild_commands"
PURCHASES = "purchases"


class CommandDefinitions:
    """Fits `cogs.client.client.DefinitionStore` and `cogs.client.guild_commands.GuildCommandStore`.

    `name` tells the commands of all servers from those of one.
    """

    def __init__(self, *, database: Database, name: str = COMMANDS) -> None:
        self._database = database
        self._name = name

    async def load(self) -> str | None:
        """See the port."""
        async with self._database.reader() as transaction:
            return await read_note(transaction, self._name)

    async def save(self, digest: str) -> None:
        """See the port."""
        async with self._database.writer() as transaction:
            await write_note(transaction, self._name, digest)


async def read_note(transaction: Transaction, name: str) -> str | None:
    """The note under this name, or None."""
    row = (await transaction.execute(select(notes.c.value).where(notes.c.name == name))).one_or_none()
    return None if row is None else str(row.value)


async def write_note(transaction: Transaction, name: str, value: str) -> None:
    """Replace the note under this name."""
    await transaction.insert_or_skip(notes, {"name": name, "value": value})
    await transaction.execute(update(notes).where(notes.c.name == name).values(value=value))
