"""The durable record of every job: accepted with its hold, moved by guarded updates, closed with its ledger entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Unpack

from sqlalchemy import ColumnElement, Select, Update, and_, case, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.dml import ReturningUpdate

from bot.clock import Clock
from bot.domain.actor import by_user
from bot.domain.identifiers import Credits, GuildId, InteractionId, JobId, LinkId, UserId, new_job_id
from bot.domain.job import MOVES, SLOW_AFTER, Job, JobChanges, JobState, MessageState
from bot.domain.ledger import EntryKind
from bot.domain.options import NO_LIMIT, AtOnce
from bot.domain.pricing import OddCharge
from bot.domain.request import SourceImage, VideoRequest
from bot.errors import GenerationTaken, InsufficientCredits, RequestRefused
from storage.allowances import require_quota
from storage.bookkeeping.entries import Posting, balance, change_wallet, open_wallet, record
from storage.closing import close_job, drop_image
from storage.concurrency import check_free_place, require_free_place
from storage.database.engine import Database
from storage.database.transactions import Transaction
from storage.job_rows import job_of, roles_text, row_of
from storage.prices import learn
from storage.spending import require_spending, spending_allowed
from storage.tables import ENDED_UNSHOWN, jobs, source_images
from storage.workspaces import claim_link

_OLDEST_FIRST = (jobs.c.created_at, jobs.c.interaction_id, jobs.c.id)
_NEWEST_FIRST = tuple(column.desc() for column in _OLDEST_FIRST)


class JobStore:
    """Fits `bot.services.ports.Jobs`. `tell_odd_charges` is for whoever can alert the operator."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._hear_odd_charge: Callable[[OddCharge], None] = _nobody_listens

    def tell_odd_charges(self, hear: Callable[[OddCharge], None]) -> None:
        """Call `hear`, which must not block, for every stored charge that is not believed as a price."""
        self._hear_odd_charge = hear

    async def accept(self, request: VideoRequest, held: Credits, at_once: AtOnce = NO_LIMIT) -> Job:
        """See the port."""
        try:
            async with self._database.writer() as transaction:
                earlier = await _job_of_interaction(transaction, request.interaction_id)
                return earlier or await self._accept(transaction, request, held, at_once)
        except (RequestRefused, IntegrityError):  # perhaps because the same interaction was accepted at the same moment
            async with self._database.reader() as transaction:
                earlier = await _job_of_interaction(transaction, request.interaction_id)
            if earlier is None:
                raise
            return earlier

    async def check_free_place(self, request: VideoRequest, at_once: AtOnce, picture_size: int) -> None:
        """See the port."""
        async with self._database.reader() as transaction:
            await require_spending(transaction)
            await check_free_place(transaction, request, at_once, size=picture_size, has_picture=True)

    async def move(self, job_id: JobId, start: JobState, end: JobState, **changes: Unpack[JobChanges]) -> Job | None:
        """See the port. A job that has ended drops its picture too, and is written off if it was never confirmed. What
        PowerPost charged (`credits_used`) is weighed as the price of the next one, see `prices.py`.
        """
        if end not in MOVES[start]:
            raise ValueError(f"A job cannot move from {start} to {end}.")
        now = self._clock.now()
        values = {"state": end, "state_at": now, **changes}
        if end is JobState.SUBMITTING:
            values["ordered_at"] = now
        guarded = update(jobs).where(jobs.c.id == job_id, jobs.c.state == start)
        odd: OddCharge | None = None
        with _generation_of_one_job():
            async with self._database.writer() as transaction:
                if end is JobState.SUBMITTING:
                    guarded = guarded.where(await spending_allowed(transaction))
                job = await _updated(transaction, guarded.values(values).returning(jobs))
                if job is not None:
                    odd = await learn(transaction, job, now) if "credits_used" in changes else None
                    await close_job(transaction, job, now)
        if odd is not None:
            self._hear_odd_charge(odd)
        return job

    async def note(self, job_id: JobId, **changes: Unpack[JobChanges]) -> Job | None:
        """See the port."""
        if not changes:
            return await self.get(job_id)
        async with self._database.writer() as transaction:
            return await _updated(transaction, _of(job_id).values(**changes).returning(jobs))

    async def mark_trouble(self, link_id: LinkId | None, until: datetime | None) -> None:
        """See the port."""
        ours = and_(jobs.c.state == JobState.QUEUED, jobs.c.link_id.is_not_distinct_from(link_id))
        changing = update(jobs).where(ours, jobs.c.trouble_until.is_distinct_from(until))
        async with self._database.writer() as transaction:
            await transaction.execute(changing.values(trouble_until=until, shown=None))

    async def image_uploaded(self, job_id: JobId, media_id: str) -> Job | None:
        """See the port."""
        async with self._database.writer() as transaction:
            job = await _updated(transaction, _of(job_id).values(source_media_id=media_id).returning(jobs))
            if job is not None:
                await drop_image(transaction, job)
            return job

    async def get(self, job_id: JobId) -> Job | None:
        """See the port."""
        found = await self._select(select(jobs).where(jobs.c.id == job_id))
        return found[0] if found else None

    async def in_states(self, *states: JobState) -> Sequence[Job]:
        """See the port."""
        return await self._select(select(jobs).where(jobs.c.state.in_(states)).order_by(*_OLDEST_FIRST))

    async def unshown(self, now: datetime) -> Sequence[Job]:
        """See the port."""
        return await self._select(select(jobs).where(_is_unshown(now)).order_by(*_OLDEST_FIRST))

    async def latest_of(self, guild_id: GuildId, user_id: UserId, limit: int) -> Sequence[Job]:
        """See the port."""
        own = and_(jobs.c.guild_id == guild_id, jobs.c.requester_id == user_id, jobs.c.erased_at.is_(None))
        return await self._select(select(jobs).where(own).order_by(*_NEWEST_FIRST).limit(limit))

    async def source_image(self, job_id: JobId) -> SourceImage | None:
        """See the port."""
        picture = select(source_images.c.filename, source_images.c.content_type, source_images.c.data)
        async with self._database.reader() as transaction:
            row = (await transaction.execute(picture.where(source_images.c.job_id == job_id))).one_or_none()
        return None if row is None else SourceImage(row.filename, row.content_type, row.data)

    async def _accept(self, transaction: Transaction, request: VideoRequest, held: Credits, at_once: AtOnce) -> Job:
        job = _new_job(request, held, self._clock.now())
        await require_spending(transaction)
        await require_free_place(transaction, request, at_once)
        await require_quota(transaction, request, held, job.created_at)
        return await _insert(transaction, job, request)

    async def _select(self, query: Select[tuple[object, ...]]) -> list[Job]:
        async with self._database.reader() as transaction:
            return [job_of(row) for row in (await transaction.execute(query)).mappings()]


async def _job_of_interaction(transaction: Transaction, interaction_id: InteractionId) -> Job | None:
    made_by_it = select(jobs).where(jobs.c.interaction_id == interaction_id, jobs.c.part == 0)
    row = (await transaction.execute(made_by_it)).mappings().one_or_none()
    return None if row is None else job_of(row)


def _nobody_listens(_: OddCharge) -> None:
    """Commands of an operator who sees what is charged."""


def _new_job(request: VideoRequest, held: Credits, now: datetime) -> Job:
    return Job(
        id=new_job_id(),
        guild_id=request.guild_id,
        channel_id=request.channel_id,
        requester_id=request.requester_id,
        interaction_id=request.interaction_id,
        spec=request.spec,
        link_id=request.link_id,
        state=JobState.QUEUED,
        created_at=now,
        state_at=now,
        credits_held=held,
        has_image=request.image is not None,
    )


async def _insert(transaction: Transaction, job: Job, request: VideoRequest) -> Job:
    hold = Posting(
        guild_id=job.guild_id,
        pool=job.pool,
        kind=EntryKind.RESERVE,
        amount=job.credits_held,
        actor=by_user(job.requester_id),
        at=job.created_at,
        job_id=job.id,
    )
    if job.link_id is not None:
        await claim_link(transaction, job.link_id)
        await open_wallet(transaction, job.guild_id, hold.pool)
    after = await change_wallet(transaction, hold)
    if after is None:
        left = await balance(transaction, job.guild_id, hold.pool)
        raise InsufficientCredits(needed=hold.amount, available=left.available)
    row = row_of(job) | {"role_ids": roles_text(request.role_ids)}
    rows = await transaction.execute(insert(jobs).returning(jobs), row)
    stored = job_of(rows.mappings().one())
    if request.image is not None:
        await transaction.execute(insert(source_images), {"job_id": job.id, **_picture(request.image)})
    await record(transaction, hold, after)
    return stored


def _picture(image: SourceImage) -> dict[str, object]:
    return {"filename": image.filename, "content_type": image.content_type, "data": image.data}


def _of(job_id: JobId) -> Update:
    return update(jobs).where(jobs.c.id == job_id)


async def _updated(transaction: Transaction, change: ReturningUpdate[tuple[object, ...]]) -> Job | None:
    row = (await transaction.execute(change)).mappings().one_or_none()
    return None if row is None else job_of(row)


@contextmanager
def _generation_of_one_job() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if "generation_id" not in str(error.orig):
            raise
        raise GenerationTaken("Another job has this generation already.") from None


def _is_unshown(now: datetime) -> ColumnElement[bool]:
    """`Job.message_state` in SQL; a test holds the two together.

    Open jobs are few. Ended ones accumulate over the years, so an index has those few that were not shown.
    """
    is_slow = and_(jobs.c.state == JobState.PROCESSING, jobs.c.submitted_at <= now - SLOW_AFTER)
    is_in_trouble = and_(jobs.c.state == JobState.QUEUED, jobs.c.trouble_until.is_not(None))
    message_state = case(
        (is_in_trouble, MessageState.TROUBLE.value),
        (jobs.c.state.in_([JobState.QUEUED, JobState.SUBMITTING]), MessageState.QUEUED.value),
        (is_slow, MessageState.SLOW.value),
        else_=jobs.c.state,
    )
    is_open = jobs.c.state.in_([JobState.QUEUED, JobState.SUBMITTING, JobState.UNCONFIRMED, JobState.PROCESSING])
    return or_(and_(is_open, jobs.c.shown.is_distinct_from(message_state)), text(ENDED_UNSHOWN))
