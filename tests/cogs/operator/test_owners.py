"""Whom the operator's commands take for an owner of the application.

https://docs.discord.com/developers/topics/teams
"""

from __future__ import annotations

from typing import Any

import discord

from cogs.operator.owners import owner_ids

OWNER, TEAM = 10, 90
INVITED, ACCEPTED = 1, 2


def test_an_application_without_a_team_has_one_owner() -> None:
    assert owner_ids(_application()) == {OWNER}


def test_of_a_team_its_owner_admins_and_developers_who_have_accepted_may_operate() -> None:
    team = _team(
        owner=11,
        members=[
            _member(11, ACCEPTED, "admin"),
            _member(12, ACCEPTED, "admin"),
            _member(13, ACCEPTED, "developer"),
            _member(14, ACCEPTED, "read_only"),
            _member(15, INVITED, "admin"),
            _member(16, INVITED, "developer"),
        ],
    )

    assert owner_ids(_application(team)) == {11, 12, 13}


def _application(team: dict[str, Any] | None = None) -> discord.AppInfo:
    data: Any = {
        "id": "1",
        "name": "Videobot",
        "description": "",
        "icon": None,
        "rpc_origins": [],
        "bot_public": False,
        "bot_require_code_grant": False,
        "owner": _user(OWNER),
        "verify_key": "0" * 64,
        "flags": 0,
        "team": team,
    }
    return discord.AppInfo(discord.Client(intents=discord.Intents.none())._connection, data)


def _team(owner: int, members: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": str(TEAM), "icon": None, "name": "Studio", "owner_user_id": str(owner), "members": members}


def _member(user_id: int, state: int, role: str) -> dict[str, Any]:
    return {"user": _user(user_id), "membership_state": state, "role": role, "team_id": str(TEAM)}


def _user(user_id: int) -> dict[str, Any]:
    return {"id": str(user_id), "username": f"user{user_id}", "discriminator": "0", "avatar": None}
