"""What the bot notes about itself is there after a restart."""

from __future__ import annotations

from storage.database.engine import Database
from storage.notes import CommandDefinitions


async def test_the_digest_saved_last_is_remembered(database: Database) -> None:
    definitions = CommandDefinitions(database=database)
    assert await definitions.load() is None

    await definitions.save("first")
    await definitions.save("second")

    assert await CommandDefinitions(database=database).load() == "second"
