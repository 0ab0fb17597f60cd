"""A server's own PowerPost account as the loops see it: opened when first needed, and watched for a refused key.

The key is encrypted in the database, so opening takes a transaction, which the loops need not know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.domain.workspace import Link
from bot.errors import (
    AccessForbidden,
    AnswerFacts,
    InsufficientScope,
    InvalidApiKey,
    PowerPostRefusal,
    PowerPostUnreachable,
    StorageError,
)
from bot.powerpost.models import Accepted, GenerateOrder, Generation, Uploaded
from bot.services.ports import Account

OPEN_AGAIN_AFTER = timedelta(seconds=1)
KEY_REFUSALS = (InvalidApiKey, AccessForbidden, InsufficientScope)


@dataclass(frozen=True, slots=True)
class Opened:
    """A link as read, and the account that its key opens."""

    link: Link
    account: Account


class LinkedAccount:
    """Fits `bot.services.ports.Account`.

    `open_link` reads and decrypts; it raises `InvalidApiKey` when the key is gone, and `StorageError`. `refused` is
    called when PowerPost itself refuses the key, and must not wait. `operator` downloads, since links to finished
    videos need no key.
    """

    def __init__(
        self,
        *,
        open_link: Callable[[], Awaitable[Opened]],
        refused: Callable[[Link, PowerPostRefusal], None],
        operator: Account,
        clock: Clock,
    ) -> None:
        self._open_link = open_link
        self._refused = refused
        self._operator = operator
        self._clock = clock
        self._opened: Opened | None = None

    async def turn_to_order(self) -> None:
        """See the port. Without a key it returns at once: the order itself then says why it fails."""
        while True:
            try:
                opened = await self._open()
            except PowerPostUnreachable:
                await self._clock.sleep(OPEN_AGAIN_AFTER)
            except PowerPostRefusal:
                return
            else:
                await opened.account.turn_to_order()
                return

    def wait_for_look(self) -> timedelta:
        """See the port. The first check, which opens the account, need not wait."""
        return self._opened.account.wait_for_look() if self._opened else timedelta(0)

    def take_look(self) -> None:
        if self._opened:
            self._opened.account.take_look()

    async def generate(self, order: GenerateOrder) -> Accepted:
        async with self._account() as account:
            return await account.generate(order)

    async def generation(self, generation_id: str) -> Generation:
        async with self._account() as account:
            return await account.generation(generation_id)

    async def credits(self) -> int:
        async with self._account() as account:
            return await account.credits()

    async def upload_image(self, data: bytes, filename: str, content_type: str) -> Uploaded:
        async with self._account() as account:
            return await account.upload_image(data, filename, content_type)

    async def download(self, url: str, target: Path) -> None:
        await self._operator.download(url, target)

    @asynccontextmanager
    async def _account(self) -> AsyncIterator[Account]:
        """The account for one call. After a refusal it is opened again, in case an admin has linked another key."""
        opened = await self._open()
        try:
            yield opened.account
        except KEY_REFUSALS as error:
            if error.facts.code is not None:  # otherwise something between us and PowerPost answered
                self._opened = None
                self._refused(opened.link, error)
            raise

    async def _open(self) -> Opened:
        """Raises `InvalidApiKey`, or `PowerPostUnreachable` if the database cannot be read: nothing was sent."""
        if self._opened is None:
            try:
                self._opened = await self._open_link()
            except StorageError as error:
                facts = AnswerFacts(message="The key of this server's account cannot be read right now")
                raise PowerPostUnreachable(facts) from error
        return self._opened
