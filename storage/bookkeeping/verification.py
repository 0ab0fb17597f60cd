"""Verifying the ledger: every sum is recomputed from its entries, and every job is compared with its own entries.

Nothing that is stored twice is trusted: wallets are recomputed from their ledger rows, the credits that a settlement
frees are taken from the reservation, and the credits spent are compared with what the completed jobs cost.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.domain.job import ENTRY_OF_MOVE, Failure, JobState
from bot.domain.ledger import Balance, EntryKind, LedgerEntry, effect
from storage.bookkeeping.snapshot import JobCost, LedgerSnapshot, WalletKey

_OF_JOBS = (EntryKind.RESERVE, EntryKind.SETTLE, EntryKind.RELEASE)


def problems(snapshot: LedgerSnapshot) -> list[str]:
    """Everything that does not add up, one readable line per problem; empty when the ledger is sound."""
    checks = (_check_wallets, _check_jobs, _compare_spending, _check_write_offs, _find_strays)
    return [problem for check in checks for problem in check(snapshot)]


def _check_wallets(snapshot: LedgerSnapshot) -> Iterator[str]:
    held = {entry.job_id: entry.amount for entry in snapshot.entries if entry.kind is EntryKind.RESERVE}
    history: dict[WalletKey, list[LedgerEntry]] = defaultdict(list)
    for entry in snapshot.entries:
        history[WalletKey(entry.guild_id, entry.pool)].append(entry)
    for wallet_key in sorted(snapshot.wallets.keys() | history.keys()):
        recomputed = yield from _replay(wallet_key, history[wallet_key], held)
        wallet = snapshot.wallets.get(wallet_key)
        if wallet is None:
            yield f"{wallet_key}: there are entries, but no wallet."
        elif wallet != recomputed:
            yield f"{wallet_key}: the wallet has {_words(wallet)}; its entries give {_words(recomputed)}."


def _replay(
    wallet_key: WalletKey, entries: Sequence[LedgerEntry], held: Mapping[str | None, int]
) -> Generator[str, None, Balance]:
    """Step through a wallet's entries to its balance; yields what is wrong on the way.

    After a wrong step it continues from what was recorded, so that one fault does not blame every later entry.
    """
    balance = Balance()
    for entry in entries:
        if entry.amount < 0 and entry.kind is not EntryKind.ADJUST:
            yield f"{wallet_key}: entry {entry.id} is a {entry.kind} of {entry.amount:,} credits."
            continue
        balance = effect(entry.kind, entry.amount, held=held.get(entry.job_id, 0)).on(balance)
        recorded = replace(
            balance, available=entry.available_after, reserved=entry.reserved_after, spent=entry.spent_after
        )
        if recorded != balance:
            leads_to = _words(balance)
            yield f"{wallet_key}: entry {entry.id} ends at {_words(recorded)}; its {entry.kind} leads to {leads_to}."
            balance = recorded
    return balance


def _words(balance: Balance) -> str:
    return (
        f"{balance.available:,} available, {balance.reserved:,} reserved, {balance.spent:,} spent "
        f"of {balance.granted:,} granted and {balance.revoked:,} revoked"
    )


def _check_jobs(snapshot: LedgerSnapshot) -> Iterator[str]:
    entries: dict[str | None, list[LedgerEntry]] = defaultdict(list)
    for entry in snapshot.entries:
        entries[entry.job_id].append(entry)
    for job in snapshot.jobs.values():
        own = entries[job.id]
        expected = _expected_entries(job)
        found = [entry.kind for entry in own]
        if found != list(expected):
            yield f"Job {job.id} is {job.state} with {_listed(found)} in the ledger, not {_listed(expected)}."
        for entry in own:
            if entry.amount != expected.get(entry.kind, entry.amount):
                yield f"Job {job.id}: its {entry.kind} is of {entry.amount:,} credits, not {expected[entry.kind]:,}."
            if (entry.guild_id, entry.pool) != job.wallet_key:
                yield f"Job {job.id}: its {entry.kind} is in another wallet than {job.wallet_key}."


def _expected_entries(job: JobCost) -> dict[EntryKind, int]:
    """The entries that a job must have in its state, in order, with their amounts."""
    expected: dict[EntryKind, int] = {EntryKind.RESERVE: job.held}
    closing = ENTRY_OF_MOVE.get(job.state)
    if closing is not None:
        expected[closing] = job.price if closing is EntryKind.SETTLE else job.held
    return expected


def _listed(kinds: Iterable[EntryKind]) -> str:
    return ", ".join(kinds) or "nothing"


def _compare_spending(snapshot: LedgerSnapshot) -> Iterator[str]:
    cost = Counter[WalletKey]()
    for job in snapshot.jobs.values():
        if job.state is JobState.COMPLETED:
            cost[job.wallet_key] += job.price
    for wallet_key, wallet in snapshot.wallets.items():
        if wallet.spent != cost[wallet_key]:
            yield f"{wallet_key}: {wallet.spent:,} are recorded as spent; its completed jobs cost {cost[wallet_key]:,}."


def _check_write_offs(snapshot: LedgerSnapshot) -> Iterator[str]:
    """The failed orders that were never confirmed are written off, at their price, and no others."""
    due = {
        job.id: job.price
        for job in snapshot.jobs.values()
        if job.state is JobState.FAILED and job.failure is Failure.NEVER_CONFIRMED
    }
    for job_id in sorted(due.keys() | snapshot.write_offs.keys()):
        if due.get(job_id) != snapshot.write_offs.get(job_id):
            written_off = snapshot.write_offs.get(job_id, 0)
            yield f"Job {job_id}: {written_off:,} credits written off, not {due.get(job_id, 0):,}."


def _find_strays(snapshot: LedgerSnapshot) -> Iterator[str]:
    for entry in snapshot.entries:
        if entry.kind in _OF_JOBS and entry.job_id not in snapshot.jobs:
            yield f"Entry {entry.id}, a {entry.kind}, belongs to no job."
    owners = {wallet_key.guild_id for wallet_key in snapshot.wallets} | {
        job.wallet_key.guild_id for job in snapshot.jobs.values()
    }
    for guild_id in sorted(owners - snapshot.guilds):
        yield f"Server {guild_id} has a wallet or jobs, but is not in the list of servers."
    for job_id in sorted(snapshot.pictures):
        job = snapshot.jobs.get(job_id)
        if job is None or job.state.is_final:
            yield f"A picture is still stored for job {job_id}, which no longer needs it."
