"""What the stories about services play on: real books, a local PowerPost, one clock for all, and a Discord by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from itertools import count
from pathlib import Path

from PIL import Image
from sqlalchemy import insert

from bot.domain.alert import Alert, AlertKind
from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, JobId, LinkId, MessageId, UserId
from bot.domain.job import Job, JobState
from bot.domain.ledger import Balance
from bot.domain.request import SourceImage, VideoRequest, make_spec
from bot.errors import DiscordError
from bot.powerpost.account import PowerPostAccount
from bot.powerpost.models import GenerateOrder
from bot.services.jobs.outcomes import Outcomes
from bot.services.loops.wakeup import Wakeup
from bot.services.ports import Account as PayingAccount
from bot.services.ports import Jobs
from sandbox.powerpost import Account, PowerPostSandbox
from storage.database.engine import Database
from storage.jobs import JobStore
from storage.ledger import LedgerStore
from storage.outcome_file import OutcomeFile
from storage.tables import workspaces
from storage.waits import WaitStore
from tests.clocks import PATIENCE, MovableClock

GUILD = GuildId(100)
CHANNEL = ChannelId(200)
MEMBER = UserId(300)
ANSWER = MessageId(500)
GRANTED = 1000
_INTERACTIONS = count(400)

GENERATION_TIME = timedelta(minutes=2)
GENERATE = "POST /videos/generate"
LOOK = "GET /videos/generations/{id}"
UPLOAD = "POST /media/upload"
DOWNLOAD = "GET /storage/videos/{media_id}.mp4"


class OneAccount:
    """Fits `ports.Accounts`: every server draws on the same account."""

    def __init__(self, operator: PayingAccount) -> None:
        self._operator = operator

    def of(self, link_id: LinkId | None) -> PayingAccount:
        assert link_id is None
        return self._operator


class LoneWakeup(Wakeup):
    """Wakes a loop by ringing and by nothing else, however slow the machine is.

    `listening` is set once the loop has done its first step.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listening = asyncio.Event()

    async def wait(self, at_most: timedelta) -> None:
        self.listening.set()
        await super().wait(timedelta(days=1))


class KeptAlerts:
    """Fits `bot.services.alerts.Alerts`: keeps what is raised, and forgets what is laid to rest."""

    def __init__(self) -> None:
        self.raised: list[Alert] = []

    def raise_alert(self, alert: Alert) -> None:
        if alert not in self.raised:
            self.raised.append(alert)

    def lay_to_rest(self, kind: AlertKind) -> None:
        self.raised = [alert for alert in self.raised if alert.kind is not kind]


@dataclass(frozen=True)
class Stage:
    """One server's books with 1000 credits, and the operator's account at a PowerPost of this machine."""

    clock: MovableClock
    database: Database
    jobs: JobStore
    ledger: LedgerStore
    powerpost: PowerPostSandbox
    account: Account
    paying: PowerPostAccount
    accounts: OneAccount
    outcome_file: OutcomeFile
    alerts: KeptAlerts = field(default_factory=KeptAlerts)
    wakeup: LoneWakeup = field(default_factory=LoneWakeup)
    next_wakeup: Wakeup = field(default_factory=Wakeup)

    def outcomes(self, jobs: Jobs | None = None) -> Outcomes:
        """What brings outcomes into the books, or into `jobs`."""
        return Outcomes(jobs=jobs or self.jobs, log=self.outcome_file, alerts=self.alerts, clock=self.clock)

    @property
    def waits(self) -> WaitStore:
        return WaitStore(database=self.database)

    async def link(self) -> LinkId:
        """An account that the server has linked."""
        row = {"guild_id": GUILD, "workspace_id": "ws", "encrypted_key": b"?", "linked_by": MEMBER}
        linking = insert(workspaces).values(**row, linked_at=self.clock.now()).returning(workspaces.c.id)
        async with self.database.writer() as transaction:
            return LinkId((await transaction.execute(linking)).scalar_one())

    async def accept(
        self,
        prompt: str = "a cat",
        *,
        image: SourceImage | None = None,
        held: int = 15,
        answered: bool = True,
        link_id: LinkId | None = None,
    ) -> Job:
        """A queued job; `answered` tells whether the command's own message is known."""
        spec = make_spec(prompt=prompt)
        request = VideoRequest(
            GUILD, CHANNEL, MEMBER, InteractionId(next(_INTERACTIONS)), spec, image=image, link_id=link_id
        )
        job = await self.jobs.accept(request, Credits(held))
        return await self.note(job, message_id=ANSWER) if answered else job

    async def note(self, job: Job, message_id: MessageId) -> Job:
        noted = await self.jobs.note(job.id, message_id=message_id)
        assert noted is not None
        return noted

    async def order(self, prompt: str = "a cat") -> Job:
        """A job that PowerPost is making a video for."""
        job = await self.accept(prompt)
        generation = await self._generation(job)
        await self.move(job, JobState.QUEUED, JobState.SUBMITTING)
        moved = await self.jobs.move(
            job.id,
            JobState.SUBMITTING,
            JobState.PROCESSING,
            generation_id=generation,
            submitted_at=self.clock.now(),
            credits_used=Credits(15),
        )
        assert moved is not None
        return moved

    async def finish(self, job: Job) -> Job:
        """Bring a job of `order` to where its video waits to be delivered."""
        self.clock.move(GENERATION_TIME)
        await self.powerpost.wait_for(lambda: self._is_finished(job))
        generation = await self.paying.generation(job.generation_id or "")
        assert generation.video is not None
        moved = await self.jobs.move(job.id, JobState.PROCESSING, JobState.DELIVERING, video_url=generation.video.url)
        assert moved is not None
        return moved

    async def move(self, job: Job, start: JobState, end: JobState) -> Job:
        moved = await self.jobs.move(job.id, start, end)
        assert moved is not None
        return moved

    async def now(self, job: Job) -> Job:
        """The job as the books have it."""
        found = await self.jobs.get(job.id)
        assert found is not None
        return found

    async def balance(self) -> Balance:
        return await self.ledger.balance(GUILD)

    async def orders_made(self) -> int:
        """How many orders reached PowerPost, answered or not."""
        return sum(spec.route == GENERATE for spec in self.powerpost.requests)

    async def _generation(self, job: Job) -> str:
        spec = job.spec
        order = GenerateOrder(prompt=spec.prompt, duration=spec.duration, model=spec.model.id)
        return (await self.paying.generate(order)).id

    def _is_finished(self, job: Job) -> bool:
        return any(made.id == job.generation_id and made.status.finished for made in self.powerpost.generations)


@dataclass(frozen=True, slots=True)
class Showing:
    """One thing that a member could see: on which rung of the ladder, of which job, and with which file."""

    rung: str
    job: Job
    video: bytes | None = None


class ActedDiscord:
    """Fits `ports.Notifier`: shows everything, unless `refuse` says otherwise for a rung or a job is poisoned.

    Rungs are `edit`, `edit_with_file`, `post`, `post_with_file`, `send_direct`, `send_direct_with_file`, `find_answer`,
    `mention` and `remove`. Refusing one of those without a file refuses it with one too.
    """

    def __init__(self) -> None:
        self.showings: list[Showing] = []
        self.mentions: asyncio.Queue[Job] = asyncio.Queue()
        self.removed: list[Job] = []
        self.answer: MessageId | None = None
        self.opens = asyncio.Event()
        self.opens.set()
        self.is_asked = asyncio.Event()
        self.poisoned: set[JobId] = set()
        self.poisonings = 0
        self._refusals: dict[str, DiscordError] = {}
        self._next_message = 900

    @property
    def rungs(self) -> list[str]:
        return [showing.rung for showing in self.showings]

    @property
    def last(self) -> Showing:
        return self.showings[-1]

    def refuse(self, error: DiscordError, *rungs: str) -> None:
        self._refusals |= dict.fromkeys(rungs, error)

    def recover(self) -> None:
        self._refusals.clear()

    async def edit(self, job: Job, *, balance: Balance) -> None:
        await self._show("edit", job, None, balance)

    async def edit_with_file(self, job: Job, video: Path, *, balance: Balance) -> None:
        await self._show("edit", job, video, balance)

    async def post(self, job: Job, video: Path | None, *, balance: Balance) -> tuple[ChannelId, MessageId]:
        await self._show("post", job, video, balance)
        return job.channel_id, self._new_message()

    async def send_direct(self, job: Job, video: Path | None, *, balance: Balance) -> tuple[ChannelId, MessageId]:
        await self._show("send_direct", job, video, balance)
        return ChannelId(700), self._new_message()

    async def remove(self, job: Job) -> None:
        self._allow("remove")
        self.removed.append(job)

    async def find_answer(self, job: Job) -> MessageId | None:
        self._allow("find_answer")
        return self.answer

    async def mention_requester(self, job: Job) -> None:
        self._allow("mention")
        self.showings.append(Showing("mention", job))
        self.mentions.put_nowait(job)

    async def tell_directly(self, job: Job) -> None:
        self._allow("tell_directly")
        self.showings.append(Showing("tell_directly", job))
        self.mentions.put_nowait(job)

    async def _show(self, rung: str, job: Job, video: Path | None, balance: Balance) -> None:
        assert balance.is_sound
        content = None if video is None else await asyncio.to_thread(video.read_bytes)
        self.is_asked.set()
        await self.opens.wait()
        if job.id in self.poisoned:
            self.poisonings += 1
            raise RuntimeError("nobody foresaw this")
        self._allow(rung)
        if content is not None:
            rung = f"{rung}_with_file"
            self._allow(rung)
        self.showings.append(Showing(rung, job, content))

    def _allow(self, rung: str) -> None:
        if rung in self._refusals:
            raise self._refusals[rung]

    def _new_message(self) -> MessageId:
        self._next_message += 1
        return MessageId(self._next_message)


def a_picture() -> SourceImage:
    file = BytesIO()
    Image.new("RGB", (64, 64), (200, 120, 40)).save(file, "PNG")
    return SourceImage("source.png", "image/png", file.getvalue())


def soon() -> asyncio.Timeout:
    """The bound of every wait in these tests."""
    return asyncio.timeout(PATIENCE)
