"""Proving the books: every sum is worked out again from the entries behind it, and every job is held against its own.

Nothing here trusts what is stored twice: wallets are recomputed from their ledger rows, the credits that a settlement
frees are taken from the reservation, and what was spent is compared with what the completed jobs cost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.domain.job import ENTRY_OF_MOVE, Failure, JobState
from bot.domain.ledger import Balance, EntryKind, LedgerEntry, effect
from storage.bookkeeping.snapshot import JobCost, Purse, WholeBooks

_OF_JOBS = (EntryKind.RESERVE, EntryKind.SETTLE, EntryKind.RELEASE)


def problems(books: WholeBooks) -> list[str]:
    """Everything that does not add up, a readable line each; empty when the books are sound."""
    checks = (_check_wallets, _check_jobs, _compare_spending, _check_write_offs, _find_strays)
    return [problem for check in checks for problem in check(books)]


def _check_wallets(books: WholeBooks) -> Iterator[str]:
    held = {entry.job_id: entry.amount for entry in books.entries if entry.kind is EntryKind.RESERVE}
    history: dict[Purse, list[LedgerEntry]] = defaultdict(list)
    for entry in books.entries:
        history[Purse(entry.guild_id, entry.pool)].append(entry)
    for purse in sorted(books.wallets.keys() | history.keys()):
        recomputed = yield from _replay(purse, history[purse], held)
        wallet = books.wallets.get(purse)
        if wallet is None:
            yield f"{purse}: there are entries, but no wallet."
        elif wallet != recomputed:
            yield f"{purse}: the wallet has {_words(wallet)}; its entries give {_words(recomputed)}."


def _replay(
    purse: Purse, entries: Sequence[LedgerEntry], held: Mapping[str | None, int]
) -> Generator[str, None, Balance]:
    """Step through a wallet's entries to its balance; yields what is wrong on the way.

    After a wrong step it goes on from what was recorded, so that one fault does not blame every later entry.
    """
    balance = Balance()
    for entry in entries:
        if entry.amount < 0 and entry.kind is not EntryKind.ADJUST:
            yield f"{purse}: entry {entry.id} is a {entry.kind} of {entry.amount:,} credits."
            continue
        balance = effect(entry.kind, entry.amount, held=held.get(entry.job_id, 0)).on(balance)
        recorded = replace(
            balance, available=entry.available_after, reserved=entry.reserved_after, spent=entry.spent_after
        )
        if recorded != balance:
            yield f"{purse}: entry {entry.id} ends at {_words(recorded)}; its {entry.kind} leads to {_words(balance)}."
            balance = recorded
    return balance


def _words(balance: Balance) -> str:
    return (
        f"{balance.available:,} available, {balance.reserved:,} reserved, {balance.spent:,} spent "
        f"of {balance.granted:,} granted and {balance.revoked:,} revoked"
    )


def _check_jobs(books: WholeBooks) -> Iterator[str]:
    entries: dict[str | None, list[LedgerEntry]] = defaultdict(list)
    for entry in books.entries:
        entries[entry.job_id].append(entry)
    for job in books.jobs.values():
        own = entries[job.id]
        expected = _expected_entries(job)
        found = [entry.kind for entry in own]
        if found != list(expected):
            yield f"Job {job.id} is {job.state} with {_listed(found)} in the ledger, not {_listed(expected)}."
        for entry in own:
            if entry.amount != expected.get(entry.kind, entry.amount):
                yield f"Job {job.id}: its {entry.kind} is of {entry.amount:,} credits, not {expected[entry.kind]:,}."
            if (entry.guild_id, entry.pool) != job.purse:
                yield f"Job {job.id}: its {entry.kind} is in the books of another wallet than {job.purse}."


def _expected_entries(job: JobCost) -> dict[EntryKind, int]:
    """The entries that a job in its state must have, in their order, with their amounts."""
    expected: dict[EntryKind, int] = {EntryKind.RESERVE: job.held}
    closing = ENTRY_OF_MOVE.get(job.state)
    if closing is not None:
        expected[closing] = job.price if closing is EntryKind.SETTLE else job.held
    return expected


def _listed(kinds: Iterable[EntryKind]) -> str:
    return ", ".join(kinds) or "nothing"


def _compare_spending(books: WholeBooks) -> Iterator[str]:
    cost = Counter[Purse]()
    for job in books.jobs.values():
        if job.state is JobState.COMPLETED:
            cost[job.purse] += job.price
    for purse, wallet in books.wallets.items():
        if wallet.spent != cost[purse]:
            yield f"{purse}: {wallet.spent:,} are booked as spent; its completed jobs cost {cost[purse]:,}."


def _check_write_offs(books: WholeBooks) -> Iterator[str]:
    """Exactly the failed orders that were never confirmed are written off, at their price."""
    due = {
        job.id: job.price
        for job in books.jobs.values()
        if job.state is JobState.FAILED and job.failure is Failure.NEVER_CONFIRMED
    }
    for job_id in sorted(due.keys() | books.write_offs.keys()):
        if due.get(job_id) != books.write_offs.get(job_id):
            yield f"Job {job_id}: {books.write_offs.get(job_id, 0):,} credits written off, not {due.get(job_id, 0):,}."


def _find_strays(books: WholeBooks) -> Iterator[str]:
    for entry in books.entries:
        if entry.kind in _OF_JOBS and entry.job_id not in books.jobs:
            yield f"Entry {entry.id}, a {entry.kind}, belongs to no job."
    owners = {purse.guild_id for purse in books.wallets} | {job.purse.guild_id for job in books.jobs.values()}
    for guild_id in sorted(owners - books.guilds):
        yield f"Server {guild_id} has a wallet or jobs, but is not in the list of servers."
    for job_id in sorted(books.pictures):
        job = books.jobs.get(job_id)
        if job is None or job.state.is_final:
            yield f"A picture is kept for job {job_id}, which no longer waits for it."
