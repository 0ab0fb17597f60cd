"""Who did something, as it is stored and read back."""

from __future__ import annotations

import pytest

from bot.domain.actor import BOT, OPERATOR, by_user, user_of


def test_a_user_is_read_back() -> None:
    assert by_user(7) == "user:7"
    assert user_of(by_user(7)) == 7


@pytest.mark.parametrize("actor", [OPERATOR, BOT, "user:", "user:x", "7", "owner:7", ""])
def test_anybody_else_is_no_user(actor: str) -> None:
    assert user_of(actor) is None
