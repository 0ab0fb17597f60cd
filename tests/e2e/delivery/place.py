"""One server in a story about delivery: a place of its own in a bot that serves many, and what its members see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bot.clock import SystemClock
from bot.domain.identifiers import GuildId
from bot.domain.job import Delivery, Job, JobState
from bot.domain.ledger import Balance
from sandbox.discord import Channel, Guild, Member, Message, TextChannel
from sandbox.powerpost import Generation, price
from sandbox.powerpost.faults import Fault, PlannedFault
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from tests.e2e.product import STARTING_CREDITS, VIDEO_WITHIN, Product

KLING = price("kling-3.0-pro", 5)

PATCH = ("PATCH", "/channels/{channel_id}/messages/{message_id}")
POST = ("POST", "/channels/{channel_id}/messages")
DELETE = ("DELETE", "/channels/{channel_id}/messages/{message_id}")
DOWNLOAD = "GET /storage/videos/{media_id}.mp4"

Story = Callable[["Place"], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Place:
    """A server with a channel and a member; nothing of it is shared with other stories, except the bot."""

    product: Product
    database: Database
    guild: Guild
    channel: TextChannel
    mia: Member

    async def being_made(self, prompt: str = "A lighthouse in a storm", channel: Channel | None = None) -> Message:
        """The message of a video that PowerPost is at work on until `finish`."""
        message = await self.ordered(prompt, channel)
        return await self.product.says(message, "being made")

    async def ordered(self, prompt: str = "A lighthouse in a storm", channel: Channel | None = None) -> Message:
        """The first answer to a request, whose video will not be done before `finish`."""
        self.product.powerpost.production.hold()
        use = await self.mia.slash(channel or self.channel, "video", prompt=f"{prompt} ({self.guild.name})")
        answer = await use.first_response()
        assert answer.message is not None
        return answer.message

    @property
    def generations(self) -> list[Generation]:
        """What PowerPost makes for this server."""
        return [made for made in self.product.powerpost.generations if f"({self.guild.name})" in made.order.prompt]

    def finish(self) -> None:
        """PowerPost is done."""
        self.product.powerpost.production.release(*[made for made in self.generations if not made.status.finished])

    def spoil_download(self, fault: Fault, *, times: int | None = 1) -> PlannedFault:
        """Let something happen to the server's one video on its way from PowerPost."""
        [generation] = self.generations
        faults = self.product.powerpost.faults
        return faults.add(DOWNLOAD, fault, times=times, when=lambda request: generation.media_id in request.path)

    @property
    def looks(self) -> int:
        """How often PowerPost was asked about the server's one video."""
        [generation] = self.generations
        return sum(generation.id in request.path for request in self.product.powerpost.requests)

    async def delivered(self) -> Job:
        """The job of the server's one video, once it is completed, and what that must have done to the credits."""
        job = await self.job(JobState.COMPLETED)
        balance = await self.balance()
        assert (balance.available, balance.reserved, balance.spent) == (STARTING_CREDITS - KLING, 0, KLING)
        return job

    async def job(self, state: JobState) -> Job:
        """The server's one video, once it is in `state`."""
        return await self.found(lambda job: job.state is state)

    async def found(self, wanted: Callable[[Job], bool]) -> Job:
        """The first job of the server that is as wanted, once there is one."""
        async with asyncio.timeout(VIDEO_WITHIN):
            while True:  # the database is another process's: no event tells of a change
                for job in await self.jobs():
                    if wanted(job):
                        return job
                await asyncio.sleep(0.05)

    async def jobs(self) -> list[Job]:
        """The server's jobs, oldest first."""
        store = JobStore(database=self.database, clock=SystemClock())
        return [job for job in await store.in_states(*JobState) if job.guild_id == self.guild.id]

    async def balance(self) -> Balance:
        """The server's credits."""
        return await LedgerStore(database=self.database, clock=SystemClock()).balance(GuildId(self.guild.id))

    async def shown(self, job: Job, delivery: Delivery = Delivery.ATTACHED) -> Message:
        """The message that the books name, which must show the video."""
        assert job.delivery is delivery
        assert job.message_id is not None
        message = self.product.discord.messages[job.message_id]
        assert not message.deleted
        assert message.text.startswith("### The video is ready")
        assert len(message.media) == 1
        assert len(message.attachments) == (1 if delivery is Delivery.ATTACHED else 0)
        return message

    async def pinged(self, times: int = 1) -> list[str]:
        """What notified Mia, once that has happened so many times."""
        await self.product.discord.wait_for(lambda: len(self.mia.notifications) >= times or None, timeout=30)
        assert len(self.mia.notifications) == times
        return [notification.message.text for notification in self.mia.notifications]

    async def history(self) -> str:
        """What `/history` tells Mia, asked in a channel where that is possible."""
        use = await self.mia.slash(self.guild.add_channel("lobby"), "history")
        message = (await use.first_response()).message
        assert message is not None
        return await self.product.discord.wait_for(lambda: message.text if not message.loading else None)
