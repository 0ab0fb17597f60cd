"""Checking the books."""

from sqlalchemy.ext.asyncio import AsyncConnection


async def problems(connection: AsyncConnection) -> list[str]:
    return []
