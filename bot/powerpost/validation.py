"""Proof that a key and a workspace belong together and may be used, without ordering anything."""

from __future__ import annotations

from typing import Final

from bot.errors import NotFound
from bot.powerpost.client import PowerPostClient

NO_GENERATION: Final = "00000000-0000-0000-0000-000000000000"


async def prove_access(client: PowerPostClient) -> int:
    """The balance of the account, in credits, once its key, workspace and right to read videos are proven.

    Raises the `PowerPostError` that says what is wrong. Whether the key may order and upload
    shows with the first order: nothing free needs those scopes.
    """
    balance = await client.credits()
    await prove_workspace(client)
    return balance


async def prove_workspace(client: PowerPostClient) -> None:
    """Ask for a generation that does not exist: "not found" means that key, workspace and scope are right.

    Raises the `PowerPostError` that says what is wrong.
    """
    try:
        await client.generation(NO_GENERATION)
    except NotFound:
        return
