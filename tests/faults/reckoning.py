"""Compares two ledgers: the bot's own, and that of the PowerPost that it used.

Requests are told apart by their prompts: see `a_prompt`.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.job import Job, JobState
from sandbox.powerpost import Generation, GenerationStatus
from tests.e2e.product import Product

AT_REST_WITHIN = 40.0
LOOK_EVERY = 0.05
ORDER = "POST /videos/generate"
NOT_TAKEN = 429

WORDS_OF_END = {
    JobState.FAILED: "You were not charged.",
    JobState.UNCONFIRMED: "We are checking whether PowerPost got this request.",
}


def a_prompt(number: int) -> str:
    """A prompt that no other one contains, and that Discord shows unchanged."""
    return f"request {number:06}"


async def at_rest(product: Product) -> list[Job]:
    """All jobs, once none is in progress and every message says so."""
    async with asyncio.timeout(AT_REST_WITHIN):
        while True:
            jobs = await product.jobs()
            if all(is_at_rest(job) for job in jobs):
                return jobs
            await asyncio.sleep(LOOK_EVERY)


def is_at_rest(job: Job) -> bool:
    """Ended, or unconfirmed, and shown to its member as exactly that."""
    return (job.state.is_final or job.state is JobState.UNCONFIRMED) and job.shown == job.state.value


async def differences(product: Product) -> list[str]:
    """Everything in which the books disagree once all is at rest, a readable line each."""
    jobs = await product.jobs()
    made: Mapping[str, list[Generation]] = _by_prompt(product.powerpost.generations)
    return [
        *await product._verify(),
        *product.powerpost.ledger.discrepancies(),
        *ordered_twice(product),
        *_wrong_ends(jobs, made),
        *_strangers(jobs, made),
        *_wrong_messages(product, jobs),
        *_shown_twice(product, jobs),
        *await _wrong_sums(product, jobs, made),
    ]


def ordered_twice(product: Product) -> Iterator[str]:
    """Requests that were sent to PowerPost more than once, apart from those that it told to retry."""
    sent = Counter(
        str(request.json.get("prompt")) if isinstance(request.json, dict) else "?"
        for request in product.powerpost.requests
        if request.route == ORDER and request.status != NOT_TAKEN
    )
    yield from (f"{prompt!r} was ordered {times} times" for prompt, times in sent.items() if times > 1)


def _by_prompt(generations: Sequence[Generation]) -> dict[str, list[Generation]]:
    found = defaultdict(list)
    for generation in generations:
        found[generation.order.prompt].append(generation)
    return found


def _wrong_ends(jobs: Sequence[Job], made: Mapping[str, list[Generation]]) -> Iterator[str]:
    for job in jobs:
        generations = made.get(job.spec.prompt, [])
        states = [generation.status for generation in generations]
        if not is_at_rest(job):
            yield f"{job.spec.prompt!r} is not at rest: {job.state}, shown {job.shown}"
        elif job.state is JobState.COMPLETED and states != [GenerationStatus.COMPLETED]:
            yield f"{job.spec.prompt!r} is completed; PowerPost has {states}"
        elif job.state in (JobState.FAILED, JobState.CANCELLED) and states not in ([], [GenerationStatus.FAILED]):
            yield f"{job.spec.prompt!r} is {job.state}; PowerPost has {states}"


def _strangers(jobs: Sequence[Job], made: Mapping[str, list[Generation]]) -> Iterator[str]:
    known = Counter(job.spec.prompt for job in jobs)
    yield from (f"{prompt!r} is at PowerPost, and no job knows it" for prompt in made.keys() - known.keys())
    yield from (f"{times} jobs for {prompt!r}" for prompt, times in known.items() if times > 1)


def _wrong_messages(product: Product, jobs: Sequence[Job]) -> Iterator[str]:
    for job in jobs:
        message = product.discord.messages.get(job.message_id or 0)
        if message is None or message.deleted:
            yield f"{job.spec.prompt!r} has no message"
        elif job.state is JobState.COMPLETED and not message.media:
            yield f"{job.spec.prompt!r} is completed, and its message shows no video"
        elif WORDS_OF_END.get(job.state, "") not in message.text:
            yield f"{job.spec.prompt!r} is {job.state}, and its message says {message.text!r}"


def _shown_twice(product: Product, jobs: Sequence[Job]) -> Iterator[str]:
    texts = [message.text for message in product.discord.messages.values() if not message.deleted]
    for job in jobs:
        found = [text for text in texts if job.spec.prompt in text]
        if len(found) != 1:
            yield f"{len(found)} messages show {job.spec.prompt!r}, which is {job.state}: {found}"


async def _wrong_sums(product: Product, jobs: Sequence[Job], made: Mapping[str, list[Generation]]) -> Iterator[str]:
    balance = await product.balance()
    open_prompts = {job.spec.prompt for job in jobs if job.state is JobState.UNCONFIRMED}
    charged = sum(
        generation.credits
        for prompt, generations in made.items()
        for generation in generations
        if prompt not in open_prompts and not generation.refunded
    )
    held = sum(job.credits_held for job in jobs if job.state is JobState.UNCONFIRMED)
    wrong = []
    if balance.spent != charged:
        wrong.append(f"{balance.spent} credits are booked as spent; PowerPost charged {charged}")
    if balance.reserved != held:
        wrong.append(f"{balance.reserved} credits are held; the unconfirmed orders account for {held}")
    return iter(wrong)
