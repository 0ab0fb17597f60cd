"""Small facts that the bot keeps about itself, by name."""

from __future__ import annotations

from sqlalchemy import select, update

from storage.engine import Database
from storage.tables import notes

COMMANDS = "commands"
GUILD_COMMANDS = "guild_commands"


class CommandDefinitions:
    """Remembers which definition of the commands Discord was given last. Fits `bot.client.DefinitionStore`.

    `name` tells the commands of all servers from those of one.
    """

    def __init__(self, *, database: Database, name: str = COMMANDS) -> None:
        self._database = database
        self._name = name

    async def load(self) -> str | None:
        """The digest saved last, or None."""
        async with self._database.reader() as transaction:
            found = await transaction.execute(select(notes.c.value).where(notes.c.name == self._name))
            row = found.one_or_none()
        return None if row is None else str(row.value)

    async def save(self, digest: str) -> None:
        """Keep the digest."""
        async with self._database.writer() as transaction:
            await transaction.insert_or_skip(notes, {"name": self._name, "value": digest})
            await transaction.execute(update(notes).where(notes.c.name == self._name).values(value=digest))
