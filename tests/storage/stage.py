"""What stories about storage need: a clock moved by hand, the stores, and requests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

from sqlalchemy import insert

from bot.domain.actor import OPERATOR
from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, LinkId, UserId
from bot.domain.job import Job, JobChanges, JobState
from bot.domain.request import SourceImage, VideoRequest, make_spec
from storage.database.engine import Database
from storage.guilds import GuildStore
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.tables import workspaces

GUILD = GuildId(2**62 + 1)
MEMBER = UserId(2**61 + 1)
_INTERACTIONS = count(2**60 + 2)
PICTURE = SourceImage("cat.png", "image/png", b"\x89PNG\x00\xff")

WAY = [JobState.QUEUED, JobState.SUBMITTING, JobState.PROCESSING, JobState.DELIVERING, JobState.COMPLETED]
"""The states of a job that goes well."""


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self._now = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._now.timestamp()

    async def sleep(self, duration: timedelta) -> None:
        self.move(duration)

    def move(self, duration: timedelta) -> None:
        self._now += duration


@dataclass(frozen=True, slots=True)
class Stage:
    """The stores of one database, with shortcuts to where a story begins."""

    database: Database
    clock: HandClock
    jobs: JobStore
    ledger: LedgerStore
    guilds: GuildStore

    async def grant(self, amount: int) -> None:
        await self.ledger.grant(GUILD, Credits(amount), actor=OPERATOR, reason="a start")

    async def accept(self, held: int = 15, request: VideoRequest | None = None) -> Job:
        return await self.jobs.accept(request or a_request(), Credits(held))

    async def advance(self, job: Job, end: JobState, used: int | None = None) -> Job:
        """Move a queued job through the states of success up to `end`; it is charged `used` credits when submitted."""
        for start, following in pairwise(WAY[: WAY.index(end) + 1]):
            changes = JobChanges()
            if following is JobState.PROCESSING and used is not None:
                changes = JobChanges(credits_used=Credits(used), submitted_at=self.clock.now())
            moved = await self.jobs.move(job.id, start, following, **changes)
            assert moved is not None
            job = moved
        return job

    async def link(self) -> LinkId:
        """The guild's own PowerPost account."""
        await self.guilds.ensure(GUILD, Credits(0))
        row = {"guild_id": GUILD, "workspace_id": "ws", "encrypted_key": b"?", "linked_by": MEMBER}
        async with self.database.writer() as transaction:
            result = await transaction.execute(
                insert(workspaces).values(**row, linked_at=self.clock.now()).returning(workspaces.c.id)
            )
            return LinkId(result.scalar_one())


def a_stage(database: Database) -> Stage:
    clock = HandClock()
    return Stage(
        database,
        clock,
        JobStore(database=database, clock=clock),
        LedgerStore(database=database, clock=clock),
        GuildStore(database=database, clock=clock),
    )


def a_request(
    prompt: str = "a cat",
    *,
    duration: int | None = None,
    audio: bool = False,
    image: SourceImage | None = None,
    link_id: LinkId | None = None,
    requester_id: UserId = MEMBER,
    interaction_id: int | None = None,
) -> VideoRequest:
    """A request with its own interaction, unless one is given."""
    return VideoRequest(
        guild_id=GUILD,
        channel_id=ChannelId(2**60 + 1),
        requester_id=requester_id,
        interaction_id=InteractionId(next(_INTERACTIONS) if interaction_id is None else interaction_id),
        spec=make_spec(prompt=prompt, duration=duration, audio=audio),
        image=image,
        link_id=link_id,
    )
