"""`videobot quotas`: how much members may use, as `/quota` in Discord."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from bot.cli.arguments import LARGEST_ID, WholeNumber, guild_argument, json_option
from bot.cli.database import with_stores
from bot.cli.groups import Aliases
from bot.cli.servers import echo_heading, place
from bot.domain.actor import OPERATOR
from bot.domain.guild_names import Place
from bot.domain.identifiers import Credits, GuildId
from bot.domain.quota import EVERYONE, LARGEST_QUOTA, Period, Rule, Target, TargetKind
from bot.terminal import shown
from storage.stores import Stores

Result = TypeVar("Result")

member_option = click.option("--member", type=WholeNumber(1, LARGEST_ID), help="Only for the member with this id.")
role_option = click.option("--role", type=WholeNumber(1, LARGEST_ID), help="Only for members with this role's id.")
periods = click.Choice([period.value for period in Period])


@click.group(cls=Aliases, aliases={"show": "list"})
def command() -> None:
    """List, set and clear a server's quotas.

    A quota is the number of credits each member may use per day, week (from Monday) or month, in UTC. For each period,
    a member's own quota applies; if there is none, the most generous of their roles; otherwise the one for everyone.
    """


@command.command("list")
@guild_argument
@json_option
def list_quotas(guild_id: int, *, as_json: bool) -> None:
    """List a server's quotas."""
    rules, where = _with_quotas(guild_id, lambda stores: stores.quotas.rules(GuildId(guild_id)))
    if as_json:
        facts = {"guild_id": str(guild_id), "quotas": [_fields(rule) for rule in rules]}
        click.echo(json.dumps(facts | {"guild_name": where.guild.name}))
    elif rules:
        echo_heading(where)
        click.echo("\n".join(shown(f"{rule.target}: {_words(rule)}") for rule in rules))
    else:
        click.echo(shown(f"Server {where.guild} has no quotas."))


@command.command("set")
@guild_argument
@click.argument("amount", metavar="CREDITS", type=WholeNumber(0, LARGEST_QUOTA))
@click.option("--per", type=periods, required=True, help="The period.")
@member_option
@role_option
def set_quota(guild_id: int, amount: int, per: str, member: int | None, role: int | None) -> None:
    """Let each member use CREDITS per period; 0 means no videos at all."""
    rule = Rule(_target(member, role), Period(per), Credits(amount))
    before, where = _with_quotas(guild_id, lambda stores: stores.quotas.put(GuildId(guild_id), rule, actor=OPERATOR))
    was = "" if before is None else f" It was {_words(before)}."
    click.echo(shown(f"Set for {rule.target} of server {where.guild}: {_words(rule)}.{was}"))


@command.command("clear")
@guild_argument
@click.option("--per", type=periods, help="Only the quota for this period; all of them if not given.")
@member_option
@role_option
def clear_quotas(guild_id: int, per: str | None, member: int | None, role: int | None) -> None:
    """Remove quotas: those for everyone, for a member or for a role."""
    target, period = _target(member, role), None if per is None else Period(per)
    removed, where = _with_quotas(
        guild_id, lambda stores: stores.quotas.clear(GuildId(guild_id), target, period, actor=OPERATOR)
    )
    gone = ", ".join(_words(rule) for rule in removed) or "nothing; there was no such quota"
    click.echo(shown(f"Cleared for {target} of server {where.guild}: {gone}."))


def _target(member: int | None, role: int | None) -> Target:
    if member is not None and role is not None:
        raise click.UsageError("A quota is for a member or for a role: give --member or --role, not both.")
    if member is not None:
        return Target(TargetKind.MEMBER, member)
    return EVERYONE if role is None else Target(TargetKind.ROLE, role)


def _words(rule: Rule) -> str:
    return f"{rule.credits:,} credits a {rule.period}"


def _fields(rule: Rule) -> dict[str, str | int | None]:
    """Ids are text: many JSON readers round 64-bit numbers."""
    target_id = None if rule.target == EVERYONE else str(rule.target.id)
    return {"for": rule.target.kind.value, "id": target_id, "credits": rule.credits, "per": rule.period.value}


def _with_quotas(guild_id: int, work: Callable[[Stores], Awaitable[Result]]) -> tuple[Result, Place]:
    async def run(stores: Stores) -> tuple[Result, Place]:
        where = await place(stores, GuildId(guild_id))
        return await work(stores), where

    return with_stores(run)
