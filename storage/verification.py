"""Checking the books."""

from storage.transactions import Transaction


async def problems(transaction: Transaction) -> list[str]:
    return []
