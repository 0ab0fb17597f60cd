"""The switch that stops all spending at once, for every server, whoever pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.actor import Actor


@dataclass(frozen=True, slots=True)
class SpendingChange:
    """One turn of the switch; the newest one holds. `actor` is written as a ledger's, `reason` for the operator."""

    is_stopped: bool
    actor: Actor
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SpendingStatus:
    """How the switch stands: its newest change (None: it was never touched), and the jobs that it concerns.

    `waiting` are queued: they are not ordered while spending is stopped. `under_way` are ordered and paid for: they go
    on in any case. `submitting` are those of them whose order is on its way to PowerPost at this moment.
    """

    change: SpendingChange | None
    waiting: int
    under_way: int
    submitting: int

    @property
    def is_stopped(self) -> bool:
        return self.change is not None and self.change.is_stopped


def status_text(status: SpendingStatus) -> str:
    """How the switch stands, and what becomes of the videos that are there, for the operator."""
    if status.change is None:
        return "Spending is allowed; it was never stopped."
    change = status.change
    turned = f"since {change.at:%Y-%m-%d %H:%M} UTC, by {change.actor}: {change.reason}"
    if not status.is_stopped:
        return f"Spending is allowed {turned}"
    return (
        f"Spending is stopped {turned}\n"
        f"Queued videos that wait until it is started again: {status.waiting:,}. "
        f"Videos that were ordered and go on: {status.under_way:,}, of which {status.submitting:,} "
        f"{'is' if status.submitting == 1 else 'are'} being sent to PowerPost at this moment."
    )
