"""The switch that stops all spending at once, for every server, whoever pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.actor import Actor


@dataclass(frozen=True, slots=True)
class SpendingChange:
    """One turn of the switch; the newest one counts. `reason` is for the operator."""

    is_stopped: bool
    actor: Actor
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SpendingStatus:
    """The position of the switch: its newest change (None: never touched), and the jobs that it affects.

    `waiting` are queued: they are not ordered while spending is stopped. `under_way` are ordered and paid for: they
    continue either way. `submitting` are those whose order is just being sent to PowerPost.
    """

    change: SpendingChange | None
    waiting: int
    under_way: int
    submitting: int

    @property
    def is_stopped(self) -> bool:
        return self.change is not None and self.change.is_stopped


def status_text(status: SpendingStatus) -> str:
    """The position of the switch, and what that means for current videos, for the operator."""
    if status.change is None:
        return "Spending is allowed; it was never stopped."
    change = status.change
    turned = f"since {change.at:%Y-%m-%d %H:%M} UTC, by {change.actor}: {change.reason}"
    if not status.is_stopped:
        return f"Spending is allowed {turned}"
    return (
        f"Spending is stopped {turned}\n"
        f"Queued videos that wait until you start it again: {status.waiting:,}. "
        f"Ordered videos that continue: {status.under_way:,}, of which {status.submitting:,} "
        f"{'is' if status.submitting == 1 else 'are'} just being sent to PowerPost."
    )
