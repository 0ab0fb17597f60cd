"""A PowerPost account acted out on paper: parallel orders, lost answers, refunds, top-ups, and what was seen of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.domain.charges import CHARGED_WITHIN, REFUNDED_WITHIN, order_of
from bot.domain.evidence import Observation, Order
from bot.domain.identifiers import ChannelId, Credits, GuildId, InteractionId, JobId, UserId
from bot.domain.job import Failure, Job, JobState
from bot.domain.request import make_spec

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
TICK = timedelta(seconds=30)
"""Moments are whole ticks, so that things often happen at the same time."""

ESTIMATE = 20
PRICES = (20, 40)
"""So few that charges and refunds are often of the same amount."""

LAST_ORDER = 60
END = 400


@dataclass(frozen=True)
class Story:
    """What really happened to one order, in ticks, and the job that we know of it. None: it did not happen."""

    job: Job
    price: int
    charged: int | None
    refunded: int | None

    @property
    def cost_something(self) -> bool:
        return self.charged is not None and self.refunded is None


@dataclass
class PaperAccount:
    """The movements, each at its tick and in its place within the tick."""

    stories: list[Story]
    top_ups: list[tuple[int, int]]
    movements: list[tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        self.movements = list(self.top_ups)
        for story in self.stories:
            if story.charged is not None:
                self.movements.append((story.charged, -story.price))
            if story.refunded is not None:
                self.movements.append((story.refunded, story.price))

    def balance(self, tick: int, *, with_this_tick: bool) -> int:
        return 1000 + sum(amount for at, amount in self.movements if at < tick or (with_this_tick and at == tick))


def at(tick: int) -> datetime:
    return START + tick * TICK


def a_job(number: int, state: JobState, state_tick: int, **known: object) -> Job:
    job = Job(
        id=JobId(f"{number:016x}"),
        guild_id=GuildId(1),
        channel_id=ChannelId(2),
        requester_id=UserId(3),
        interaction_id=InteractionId(4),
        spec=make_spec(prompt="a cat"),
        link_id=None,
        state=state,
        created_at=START,
        state_at=at(state_tick),
        credits_held=Credits(ESTIMATE),
    )
    return replace(job, **known)  # type: ignore[arg-type]  # each test names fields of Job


def orders_of(stories: Sequence[Story]) -> list[Order]:
    return [order for story in stories if (order := order_of(story.job, {})) is not None]


@st.composite
def answered(draw: st.DrawFn, number: int) -> Story:
    """An order whose answer came: made, failed and refunded, or still in the making as far as we know."""
    ordered = draw(st.integers(0, LAST_ORDER))
    charged = ordered + draw(st.integers(0, 3))
    told = charged + draw(st.integers(0, 3))
    price = draw(st.sampled_from(PRICES))
    known = {
        "ordered_at": at(ordered),
        "submitted_at": at(told),
        "generation_id": f"generation {number}",
        "credits_used": Credits(price),
    }
    end = told + draw(st.integers(0, 60))
    fate = draw(st.sampled_from(["made", "made", "made", "failed", "in the making", "failed unseen"]))
    if fate == "made":
        return Story(a_job(number, JobState.COMPLETED, end, **known), price, charged, None)
    if fate == "failed":
        refunded = draw(st.integers(charged, end + REFUNDED_WITHIN // TICK))
        job = a_job(number, JobState.FAILED, end, failure=Failure.GENERATION_FAILED, **known)
        return Story(job, price, charged, refunded)
    refund = draw(st.integers(charged, END)) if fate == "failed unseen" else None
    return Story(a_job(number, JobState.PROCESSING, told, **known), price, charged, refund)


@st.composite
def unanswered(draw: st.DrawFn, number: int) -> Story:
    """An order whose answer was lost, carried out or not, at once or late; perhaps failed and refunded."""
    ordered = draw(st.integers(0, LAST_ORDER))
    gave_up = ordered + draw(st.integers(0, 4))
    charged = draw(st.none() | st.none() | st.integers(ordered, gave_up + CHARGED_WITHIN // TICK))
    refunded = None if charged is None else draw(st.none() | st.integers(charged, END))
    state, failure = draw(
        st.sampled_from([(JobState.UNCONFIRMED, None), (JobState.UNCONFIRMED, None), (JobState.FAILED, "written off")])
    )
    known = {"ordered_at": at(ordered), "failure": failure and Failure.NEVER_CONFIRMED}
    settled = gave_up if failure is None else max(gave_up, refunded or 0)
    return Story(a_job(number, state, settled, **known), draw(st.sampled_from(PRICES)), charged, refunded)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[PaperAccount, list[Observation]]:
    """An account and what we saw of it: by the answers to orders, and by asking at any time, with slow answers."""
    stories = [draw(unanswered(0))]
    stories += [draw(unanswered(number)) for number in range(1, draw(st.integers(1, 3)))]
    stories += [draw(answered(number)) for number in range(10, 10 + draw(st.integers(0, 4)))]
    top_up = st.tuples(st.integers(0, END), st.sampled_from([100, 120, 140, 500]))
    account = PaperAccount(stories, draw(st.just([]) | st.lists(top_up, max_size=2)))
    observations = [draw(_asked(account, st.integers(-5, LAST_ORDER))), draw(_asked(account, st.integers(200, END)))]
    observations += [draw(_asked(account, st.integers(0, END))) for _ in range(draw(st.integers(1, 6)))]
    observations += [_told_by_answer(account, story) for story in stories if story.job.generation_id is not None]
    return account, sorted(observations, key=lambda one: one.told_at)


@st.composite
def _asked(draw: st.DrawFn, account: PaperAccount, ticks: st.SearchStrategy[int]) -> Observation:
    tick = draw(ticks)
    before, after = draw(st.integers(0, 2)), draw(st.integers(0, 2))
    balance = account.balance(tick, with_this_tick=draw(st.booleans()))
    return Observation(balance, at(tick - before), at(tick + after))


def _told_by_answer(account: PaperAccount, story: Story) -> Observation:
    assert story.charged is not None
    assert story.job.ordered_at is not None
    assert story.job.submitted_at is not None
    balance = account.balance(story.charged, with_this_tick=True)
    return Observation(balance, story.job.ordered_at, story.job.submitted_at, story.job.generation_id)
