"""Who counts as managing a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import discord
import pytest

from bot.errors import PlaceRefused
from cogs.interactions.admins import require_manage_server


def _interaction(permissions: discord.Permissions, *, guild_id: int | None = 1) -> Any:
    user = SimpleNamespace(id=3)
    return cast(
        "Any",
        SimpleNamespace(guild_id=guild_id, channel_id=2, channel=None, user=user, permissions=permissions),
    )


@pytest.mark.parametrize("permission", ["manage_guild", "administrator"])
def test_manage_server_and_administrator_are_enough(permission: str) -> None:
    place = require_manage_server(_interaction(discord.Permissions(**{permission: True})))
    assert (place.guild_id, place.user_id) == (1, 3)


def test_everything_else_together_is_not() -> None:
    permissions = discord.Permissions.all()
    permissions.update(manage_guild=False, administrator=False)
    with pytest.raises(PlaceRefused, match='"Manage Server"'):
        require_manage_server(_interaction(permissions))


def test_outside_a_server_nobody_manages_one() -> None:
    with pytest.raises(PlaceRefused, match="only works in a channel of a server"):
        require_manage_server(_interaction(discord.Permissions.all(), guild_id=None))
