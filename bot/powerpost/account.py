"""One PowerPost account as the services see it: its calls, its key's budget, and downloading its videos."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from bot.clock import Clock
from bot.powerpost.client import PowerPostClient, prove_access
from bot.powerpost.download import download_video
from bot.powerpost.models import Accepted, GenerateOrder, Generation, Uploaded
from bot.powerpost.protocol import Endpoint
from bot.web.fetch import Fetcher

PLACES_KEPT_FOR_ORDERS = 3
LARGEST_VIDEO = 512 * 2**20


class PowerPostAccount:
    """Fits `bot.services.accounts.guild_accounts.LinkableAccount`."""

    def __init__(self, *, client: PowerPostClient, fetcher: Fetcher, clock: Clock) -> None:
        self._client = client
        self._fetcher = fetcher
        self._clock = clock
        self._last_look = float("-inf")

    async def turn_to_order(self) -> None:
        """See the port."""
        while wait := self._client.pacing.wait(Endpoint.GENERATE, self._clock.monotonic()):
            await self._clock.sleep(wait)

    def wait_for_look(self) -> timedelta:
        """See the port. Slots are spread evenly, and some are reserved for orders."""
        now = self._clock.monotonic()
        pacing = self._client.pacing
        slot = self._last_look + pacing.spacing(Endpoint.GENERATION).total_seconds()
        budget = pacing.wait(Endpoint.GENERATION, now, spare=PLACES_KEPT_FOR_ORDERS)
        return max(budget, timedelta(seconds=max(slot - now, 0.0)))

    def take_look(self) -> None:
        """See the port."""
        self._last_look = self._clock.monotonic()

    async def generate(self, order: GenerateOrder) -> Accepted:
        """See the port."""
        return await self._client.generate(order)

    async def generation(self, generation_id: str) -> Generation:
        """See the port."""
        return await self._client.generation(generation_id)

    async def credits(self) -> int:
        """See the port."""
        return await self._client.credits()

    async def prove(self) -> int:
        """See the port."""
        return await prove_access(self._client)

    async def upload_image(self, data: bytes, filename: str, content_type: str) -> Uploaded:
        """See the port."""
        return await self._client.upload_image(data, filename=filename, content_type=content_type)

    async def download(self, url: str, target: Path) -> None:
        """See the port. Streamed; at most 512 MiB."""
        await download_video(url, target, fetcher=self._fetcher, clock=self._clock, most_bytes=LARGEST_VIDEO)
