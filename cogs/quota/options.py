"""The options of `/quota`, turned into a rule's target and period; nonsense is refused in plain words."""

from __future__ import annotations

import discord

from bot.domain.identifiers import GuildId
from bot.domain.quota import EVERYONE, Period, Target, TargetKind
from bot.errors import RuleRefused

Chosen = discord.Member | discord.User | discord.Role
"""What Discord sends for a mentionable: a `User` is somebody who is not (or no longer) in the server."""


def target_of(chosen: Chosen | None, guild_id: GuildId) -> Target:
    """Who a new rule is for; None or the role @everyone means everyone.

    Raises `RuleRefused` for anyone who could never use it.
    """
    if isinstance(chosen, discord.User):
        raise RuleRefused("That person is not a member of this server. Nothing was changed.")
    if isinstance(chosen, discord.Member) and chosen.bot:
        raise RuleRefused("Bots make no videos, so they need no quota. Nothing was changed.")
    if isinstance(chosen, discord.Role) and chosen.is_bot_managed():
        raise RuleRefused("That role belongs to a bot, and bots make no videos. Nothing was changed.")
    return target_of_old_rule(chosen, guild_id)


def target_of_old_rule(chosen: Chosen | None, guild_id: GuildId) -> Target:
    """Who an existing rule is for, including people who have left the server."""
    if chosen is None or chosen.id == guild_id:
        return EVERYONE
    return Target(TargetKind.ROLE if isinstance(chosen, discord.Role) else TargetKind.MEMBER, chosen.id)


def parse_period(word: str) -> Period:
    """Raises `RuleRefused`."""
    try:
        return Period(word)
    except ValueError:
        raise RuleRefused("A quota is for a day, a week or a month. Nothing was changed.") from None
