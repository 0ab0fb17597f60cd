"""The ledger: every account, order, upload and request, and the rules by which credits move.

Nothing here awaits, so an order is charged and recorded in one step that no other request can interrupt.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from uuid import uuid4

from sandbox.changes import Changes
from sandbox.clock import Clock
from sandbox.powerpost.accounts import Account, Movement, MovementKind
from sandbox.powerpost.errors import CreditsRefused
from sandbox.powerpost.records import (
    Generation,
    GenerationFailure,
    GenerationStatus,
    ReceivedRequest,
    Upload,
    VideoOrder,
)


class Ledger:
    """Everything that has happened, in order of arrival."""

    def __init__(self, *, clock: Clock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._generations: dict[str, Generation] = {}
        self._media: dict[str, Generation] = {}
        self._uploads: dict[str, Upload] = {}
        self.accounts: list[Account] = []
        self.requests: list[ReceivedRequest] = []

    @property
    def generations(self) -> list[Generation]:
        """Every order that was charged."""
        return list(self._generations.values())

    @property
    def uploads(self) -> list[Upload]:
        """Every image that was accepted."""
        return list(self._uploads.values())

    def account_with_key(self, api_key: str | None) -> Account | None:
        """The account that has this key, if any."""
        return next((account for account in self.accounts if account.api_key == api_key), None)

    def account(self, account_id: str | None) -> Account | None:
        """The account with this id, if any."""
        return next((account for account in self.accounts if account.id == account_id), None)

    def generation(self, generation_id: str) -> Generation | None:
        """The generation with this id, whoever owns it."""
        return self._generations.get(generation_id)

    def generation_of_media(self, media_id: str) -> Generation | None:
        """The generation whose file has this media id."""
        return self._media.get(media_id)

    def upload(self, media_id: str) -> Upload | None:
        """The upload with this media id, whoever owns it."""
        return self._uploads.get(media_id)

    def grant(self, account: Account, amount: int) -> None:
        """Give an account credits."""
        self._move(account, MovementKind.GRANT, amount, generation_id=None)

    def place_order(self, account: Account, workspace_id: str, order: VideoOrder, *, cost: int) -> Generation:
        """Charge the account and record the order; raises `CreditsRefused` and changes nothing if it cannot pay."""
        if account.balance < cost:
            raise CreditsRefused(f"Insufficient credits: {cost} required, {account.balance} available")
        generation = Generation(
            id=str(uuid4()),
            account_id=account.id,
            workspace_id=workspace_id,
            order=order,
            credits=cost,
            ordered_at=self._clock.now(),
            media_id=f"vid-{len(self._generations) + 1:03d}-{secrets.token_hex(4)}",
        )
        self._generations[generation.id] = self._media[generation.media_id] = generation
        self._move(account, MovementKind.CHARGE, cost, generation_id=generation.id)
        return generation

    def complete(self, generation: Generation) -> None:
        """The video is ready."""
        self._finish(generation, GenerationStatus.COMPLETED)

    def fail(self, generation: Generation, failure: GenerationFailure) -> None:
        """There will be no video: refund the credits."""
        generation.failure = failure
        generation.refunded = True
        account = next(account for account in self.accounts if account.id == generation.account_id)
        self._move(account, MovementKind.REFUND, generation.credits, generation_id=generation.id)
        self._finish(generation, GenerationStatus.FAILED)

    def keep(self, upload: Upload) -> None:
        """Record an accepted upload."""
        self._uploads[upload.media_id] = upload
        self._changes.announce()

    def receive(self, request: ReceivedRequest) -> None:
        """Record a request that arrived."""
        self.requests.append(request)
        self._changes.announce()

    def discrepancies(self) -> list[str]:
        """What does not add up, in words; empty if everything does.

        Every balance must be grants minus charges plus refunds. Every generation must be charged exactly once, at its
        price, and refunded exactly once if it failed, otherwise never.
        """
        return [*_unbalanced(self.accounts), *_wrongly_charged(self.accounts, self.generations)]

    def _finish(self, generation: Generation, status: GenerationStatus) -> None:
        generation.status = status
        generation.finished_at = self._clock.now()
        self._changes.announce()

    def _move(self, account: Account, kind: MovementKind, amount: int, *, generation_id: str | None) -> None:
        account.record(Movement(kind, amount, generation_id, moved_at=self._clock.now()))
        self._changes.announce()


def _unbalanced(accounts: Iterable[Account]) -> Iterator[str]:
    for account in accounts:
        totals = account.totals()
        if not totals.balanced:
            yield f"account {account.id}: {totals}"


def _wrongly_charged(accounts: Iterable[Account], generations: Iterable[Generation]) -> Iterator[str]:
    movements: dict[tuple[str | None, MovementKind], list[int]] = {}
    for account in accounts:
        for movement in account.movements:
            movements.setdefault((movement.generation_id, movement.kind), []).append(movement.credits)
    for generation in generations:
        charges = movements.get((generation.id, MovementKind.CHARGE), [])
        refunds = movements.get((generation.id, MovementKind.REFUND), [])
        due = [generation.credits] if generation.status is GenerationStatus.FAILED else []
        if charges != [generation.credits] or refunds != due:
            yield f"generation {generation.id} ({generation.status}): charged {charges}, refunded {refunds}"
