"""What PowerPost charged the last time for each combination on offer, read from the jobs themselves."""

from __future__ import annotations

from sqlalchemy import Select, select, union_all

from bot.domain.catalogue import MODELS
from bot.domain.identifiers import Credits
from bot.domain.pricing import PriceKey
from storage.tables import jobs
from storage.transactions import Transaction


async def learned_prices(transaction: Transaction) -> dict[PriceKey, Credits]:
    """The last price of each combination that PowerPost has charged; one look into an index for each."""
    rows = await transaction.execute(_LAST_CHARGES)
    return {PriceKey(row.model, row.duration, row.audio): row.credits_used for row in rows}


def _last_charge(key: PriceKey) -> Select[tuple[str, int, bool, int]]:
    charges = select(jobs.c.model, jobs.c.duration, jobs.c.audio, jobs.c.credits_used).where(
        jobs.c.model == key.model_id,
        jobs.c.duration == key.duration,
        jobs.c.audio.is_(key.audio),
        jobs.c.submitted_at.is_not(None),
        jobs.c.credits_used.is_not(None),
    )
    last = charges.order_by(jobs.c.submitted_at.desc()).limit(1).subquery()
    return select(last)


_COMBINATIONS = [
    PriceKey(model.id, duration, audio)
    for model in MODELS
    for duration in model.durations
    for audio in ([False, True] if model.has_audio else [False])
]
_LAST_CHARGES = union_all(*(_last_charge(key) for key in _COMBINATIONS))
