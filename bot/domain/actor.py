"""Who did something to a guild's credits, rules or settings, as the ledger and the audit trail store it."""

from __future__ import annotations

from typing import Final, NewType

from bot.domain.identifiers import UserId

Actor = NewType("Actor", str)
"""`OPERATOR`, `BOT`, or "user:<id>" from `by_user`; the text is stored."""

OPERATOR: Final = Actor("operator")
BOT: Final = Actor("bot")

_USER: Final = "user:"


def by_user(user_id: int) -> Actor:
    return Actor(f"{_USER}{user_id}")


def user_of(actor: str) -> UserId | None:
    """Which user `actor` names; None for the operator, the bot and anything else."""
    number = actor.removeprefix(_USER)
    return UserId(int(number)) if actor.startswith(_USER) and number.isdecimal() else None
