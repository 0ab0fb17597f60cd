"""Credits as bookkeeping: which entries exist, what each does to a balance, and what must always hold.

The invariant of every wallet: available + reserved + spent = granted − revoked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.domain.actor import Actor
from bot.domain.identifiers import Credits, GuildId, JobId, LinkId

NO_CREDITS = Credits(0)

LARGEST_AMOUNT = 10**12
"""More credits than anyone buys, and few enough that no sum of them leaves 64 bits."""


class Pool(StrEnum):
    """Whose credits a wallet counts; the values are stored.

    GRANTED credits come from the operator, and a reservation cannot overdraw them. LINKED counts what a guild spends on
    its own PowerPost account, whose balance PowerPost guards; its `available` is minus what was used.
    """

    GRANTED = "granted"
    LINKED = "linked"

    @classmethod
    def of(cls, link_id: LinkId | None) -> Pool:
        """The pool that pays for orders on this link; None is the operator's account."""
        return cls.GRANTED if link_id is None else cls.LINKED


class EntryKind(StrEnum):
    """What a ledger row records; the values are stored."""

    GRANT = "grant"
    REVOKE = "revoke"
    RESERVE = "reserve"
    SETTLE = "settle"
    RELEASE = "release"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class Balance:
    """A wallet's sums, in credits.

    `available` can be negative, when PowerPost charged more than the estimate that was held.
    """

    available: Credits = NO_CREDITS
    reserved: Credits = NO_CREDITS
    spent: Credits = NO_CREDITS
    granted: Credits = NO_CREDITS
    revoked: Credits = NO_CREDITS

    @property
    def is_sound(self) -> bool:
        parts_agree = self.available + self.reserved + self.spent == self.granted - self.revoked
        return parts_agree and self.reserved >= 0 and self.spent >= 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What one entry adds to each sum of a wallet, in credits."""

    available: int = 0
    reserved: int = 0
    spent: int = 0
    granted: int = 0
    revoked: int = 0

    def on(self, balance: Balance) -> Balance:
        return replace(
            balance,
            available=Credits(balance.available + self.available),
            reserved=Credits(balance.reserved + self.reserved),
            spent=Credits(balance.spent + self.spent),
            granted=Credits(balance.granted + self.granted),
            revoked=Credits(balance.revoked + self.revoked),
        )


def effect(kind: EntryKind, amount: int, *, held: int = 0) -> Effect:
    """The effect of an entry of `amount` credits.

    `held` is what the job had reserved, for SETTLE and RELEASE; SETTLE's amount is what PowerPost charged, which may
    differ. Only ADJUST's amount may be negative.

    Raises `ValueError` for any other negative amount.
    """
    if amount < 0 and kind is not EntryKind.ADJUST:
        raise ValueError(f"{kind} of {amount} credits")
    match kind:
        case EntryKind.GRANT | EntryKind.ADJUST:
            return Effect(available=amount, granted=amount)
        case EntryKind.REVOKE:
            return Effect(available=-amount, revoked=amount)
        case EntryKind.RESERVE:
            return Effect(available=-amount, reserved=amount)
        case EntryKind.SETTLE:
            return Effect(available=held - amount, reserved=-held, spent=amount)
        case EntryKind.RELEASE:
            return Effect(available=held, reserved=-held)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One row of a guild's ledger; `…_after` are the wallet's sums once it is written. Rows are never changed."""

    id: int
    guild_id: GuildId
    pool: Pool
    kind: EntryKind
    amount: Credits
    job_id: str | None
    actor: Actor
    reason: str
    at: datetime
    available_after: Credits
    reserved_after: Credits
    spent_after: Credits


@dataclass(frozen=True, slots=True)
class WriteOff:
    """An order that was never confirmed: credits that PowerPost may have charged and no guild has paid for."""

    job_id: JobId
    amount: Credits
    reason: str
    at: datetime
