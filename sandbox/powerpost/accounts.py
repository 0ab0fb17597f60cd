"""PowerPost accounts: keys, workspaces, scopes, and every movement of credits.

Credits belong to the account; all its workspaces spend from one balance.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import uuid4

from sandbox.powerpost.rate_limit import DEFAULT_LIMIT


class Scope(StrEnum):
    """What a key may do."""

    ACCOUNT_READ = "account:read"
    VIDEOS_READ = "videos:read"
    VIDEOS_GENERATE = "videos:generate"
    MEDIA_WRITE = "media:write"


ALL_SCOPES: Final = frozenset(Scope)


class MovementKind(StrEnum):
    """Why a balance changed."""

    GRANT = "grant"
    CHARGE = "charge"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Movement:
    """One change of a balance; `credits` is always positive, `generation_id` is None for a grant."""

    kind: MovementKind
    credits: int
    generation_id: str | None
    moved_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of an account's movements, and the balance that its owner sees."""

    granted: int
    charged: int
    refunded: int
    balance: int

    @property
    def balanced(self) -> bool:
        """Whether the movements add up to the balance."""
        return self.balance == self.granted - self.charged + self.refunded


def _new_api_key() -> str:
    """A key in PowerPost's format, `pp_live_sk_…`."""
    return f"pp_live_sk_{secrets.token_urlsafe(24)}"


@dataclass(slots=True)
class Account:
    """One customer. `rate_limit` (requests per minute), `scopes` and `api_key` may be changed while the server runs."""

    rate_limit: int = DEFAULT_LIMIT
    scopes: frozenset[str] = ALL_SCOPES
    id: str = field(default_factory=lambda: str(uuid4()))
    api_key: str = field(default_factory=_new_api_key)
    workspace_ids: list[str] = field(default_factory=lambda: [str(uuid4())])
    balance: int = 0
    movements: list[Movement] = field(default_factory=list)

    @property
    def workspace_id(self) -> str:
        """The first workspace."""
        return self.workspace_ids[0]

    def add_workspace(self) -> str:
        """Add a workspace with the same balance; returns its id."""
        self.workspace_ids.append(str(uuid4()))
        return self.workspace_ids[-1]

    def replace_key(self) -> str:
        """Revoke the key and return a new one; the old one is refused from now on."""
        self.api_key = _new_api_key()
        return self.api_key

    def totals(self) -> Totals:
        """What was granted, charged and refunded, summed from the movements."""
        return Totals(
            granted=_sum(self.movements, MovementKind.GRANT),
            charged=_sum(self.movements, MovementKind.CHARGE),
            refunded=_sum(self.movements, MovementKind.REFUND),
            balance=self.balance,
        )

    def record(self, movement: Movement) -> None:
        """Add a movement and apply it to the balance."""
        self.balance += -movement.credits if movement.kind is MovementKind.CHARGE else movement.credits
        self.movements.append(movement)


def _sum(movements: Iterable[Movement], kind: MovementKind) -> int:
    return sum(movement.credits for movement in movements if movement.kind is kind)
