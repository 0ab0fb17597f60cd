"""Closing a job in the transaction of its last move: its hold ends, its picture is dropped, and so is the key of an
unlinked account that no other open job needs.

An order that was never confirmed is also written off: its guild has the credits back, but PowerPost may have charged
for it. That possible cost is kept in a table of its own, apart from every guild's ledger.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert

from bot.domain.actor import BOT
from bot.domain.job import ENTRY_OF_MOVE, Failure, Job
from bot.domain.ledger import EntryKind
from bot.errors import StorageError
from storage.bookkeeping.entries import Posting, write_entry
from storage.database.transactions import Transaction
from storage.tables import source_images, write_offs
from storage.workspaces import drop_keys

REASON_OF_WRITE_OFF = "PowerPost never confirmed the order, and may have charged it"


async def close_job(transaction: Transaction, job: Job, now: datetime) -> None:
    """Do what belongs to the final state of `job`; nothing if its state is not final."""
    if job.state not in ENTRY_OF_MOVE:
        return
    await _close_hold(transaction, job, now)
    await drop_image(transaction, job)
    if job.link_id is not None:
        await drop_keys(transaction, job.guild_id)
    if job.failure is Failure.NEVER_CONFIRMED:
        row = {"job_id": job.id, "amount": job.price, "reason": REASON_OF_WRITE_OFF, "at": now}
        await transaction.execute(insert(write_offs), row)


async def drop_image(transaction: Transaction, job: Job) -> None:
    if job.has_image:
        await transaction.execute(delete(source_images).where(source_images.c.job_id == job.id))


async def _close_hold(transaction: Transaction, job: Job, now: datetime) -> None:
    kind = ENTRY_OF_MOVE[job.state]
    closing = Posting(
        guild_id=job.guild_id,
        pool=job.pool,
        kind=kind,
        amount=job.price if kind is EntryKind.SETTLE else job.credits_held,
        held=job.credits_held,
        actor=BOT,
        at=now,
        job_id=job.id,
    )
    if await write_entry(transaction, closing) is None:
        raise StorageError(f"Job {job.id} holds credits of a wallet that does not exist.")
