"""Requests that wait for their member to agree to the price: kept in memory, for a while, within bounds.

No credits are held for them, so a restart costs the member only another `/video`.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.clock import Clock
from bot.domain.identifiers import Credits, UserId
from bot.domain.request import VideoRequest
from cogs.interactions.answers import Interaction

QUESTION_LIVES_FOR: Final = timedelta(minutes=14)
"""A little less than the token of the interaction that shows the question: later it could not be deleted."""

MOST_QUESTIONS: Final = 1000
MOST_OF_ONE_MEMBER: Final = 5
MOST_PICTURE_BYTES: Final = 64_000_000
"""For all waiting pictures together; each was checked before and has at most 10 MB."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, the price that its member was asked about, and the interaction that shows the question."""

    request: VideoRequest
    price: Credits
    shown_by: Interaction

    @property
    def picture_bytes(self) -> int:
        return 0 if self.request.image is None else len(self.request.image.data)


class PendingRequests:
    """The requests, by the token in their question's buttons; the oldest are dropped when there are too many."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[float, Asked]] = {}

    def keep(self, asked: Asked) -> str:
        """Keep a request; returns its token."""
        self._forget_old_ones()
        token = secrets.token_hex(8)
        self._kept[token] = (self._clock.monotonic() + QUESTION_LIVES_FOR.total_seconds(), asked)
        self._make_room_for(asked.request.requester_id)
        while len(self._kept) > MOST_QUESTIONS or self._picture_bytes() > MOST_PICTURE_BYTES:
            del self._kept[next(iter(self._kept))]
        return token

    def get(self, token: str) -> Asked | None:
        """The request, if its question is still open."""
        self._forget_old_ones()
        found = self._kept.get(token)
        return None if found is None else found[1]

    def close(self, token: str) -> None:
        """The question was answered; nobody can answer it again."""
        self._kept.pop(token, None)

    def _forget_old_ones(self) -> None:
        now = self._clock.monotonic()
        self._kept = {token: kept for token, kept in self._kept.items() if kept[0] > now}

    def _make_room_for(self, member: UserId) -> None:
        """A member's own oldest question is dropped before anybody else's."""
        own = [token for token, (_, kept) in self._kept.items() if kept.request.requester_id == member]
        for token in own[:-MOST_OF_ONE_MEMBER]:
            del self._kept[token]

    def _picture_bytes(self) -> int:
        return sum(asked.picture_bytes for _, asked in self._kept.values())
