"""How long waits have been watched, so that a restart does not start them over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from sqlalchemy import delete, select, update

from bot.domain.patience import Reason, Wait
from storage.database.engine import Database
from storage.tables import waits


class WaitStore:
    """Fits `bot.services.loops.patience.Waits`."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def all(self, reason: Reason) -> Mapping[str, Wait]:
        """See the port."""
        query = select(waits.c.subject, waits.c.seconds, waits.c.times).where(waits.c.reason == reason)
        async with self._database.reader() as transaction:
            rows = (await transaction.execute(query)).all()
        return {row.subject: Wait(timedelta(seconds=row.seconds), row.times) for row in rows}

    async def keep(self, reason: Reason, subject: str, wait: Wait) -> None:
        """See the port."""
        key = {"reason": reason, "subject": subject}
        facts = {"seconds": int(wait.span.total_seconds()), "times": wait.times}
        own = (waits.c.reason == reason, waits.c.subject == subject)
        async with self._database.writer() as transaction:
            await transaction.insert_or_skip(waits, key | facts)
            await transaction.execute(update(waits).where(*own).values(facts))

    async def drop(self, reason: Reason, subjects: Collection[str]) -> None:
        """See the port."""
        async with self._database.writer() as transaction:
            await transaction.execute(
                delete(waits).where(waits.c.reason == reason, waits.c.subject.in_(list(subjects)))
            )
