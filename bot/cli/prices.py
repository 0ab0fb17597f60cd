"""`videobot prices`: what videos are expected to cost, learned from PowerPost or set by the operator."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TypeVar

import click

from bot.cli.arguments import ServerId, WholeNumber, json_option
from bot.cli.database import with_stores
from bot.cli.groups import Aliases
from bot.cli.servers import server, server_names
from bot.domain.actor import OPERATOR
from bot.domain.catalogue import MODELS, find_model
from bot.domain.identifiers import Credits, GuildId, LinkId
from bot.domain.pricing import LARGEST_PRICE, KnownPrice, PriceChange, PriceEntry, PriceKey, estimate
from bot.spreadsheet import time_text
from bot.terminal import shown
from storage.stores import Stores

Result = TypeVar("Result")
Payer = tuple[GuildId, LinkId]

COMBINATIONS = tuple(
    PriceKey(model.id, duration, audio)
    for model in MODELS
    for duration in model.durations
    for audio in ((False, True) if model.has_audio else (False,))
)

model_argument = click.argument("model", metavar="MODEL", type=click.Choice([model.id for model in MODELS]))
duration_argument = click.argument("duration", metavar="SECONDS", type=WholeNumber(1))
audio_option = click.option("--audio", is_flag=True, help="The price with sound.")
server_option = click.option(
    "--server", "guild_id", type=ServerId(), help="For the account that the server with this id has linked."
)


@click.group(cls=Aliases, aliases={"show": "list"})
def command() -> None:
    """List, set and forget what videos are expected to cost.

    Prices are learned from what PowerPost charges: one list for your own account, one for each account that a server
    has linked. A charge of more than four times or less than a quarter of the price is ignored until it has
    come three times in a row; you are alerted. In any case, each video costs what PowerPost charged for it.

    MODEL is the id of a model, such as kling-3.0-pro; `prices list` shows them all.
    """


@command.command("list")
@json_option
def list_prices(*, as_json: bool) -> None:
    """List the price of every kind of video, for each account that pays."""
    known, names = _with_prices(lambda stores: stores.prices.all())
    rows = [*_operators(known), *(entry for entry in known if entry.guild_id is not None)]
    if as_json:
        click.echo(json.dumps([_fields(row, names) for row in rows], indent=2))
    else:
        click.echo("\n".join(shown(_line(row, names)) for row in rows))


@command.command("set")
@model_argument
@duration_argument
@click.argument("amount", metavar="CREDITS", type=WholeNumber(1, LARGEST_PRICE))
@audio_option
@server_option
def set_price(model: str, duration: int, amount: int, *, audio: bool, guild_id: int | None) -> None:
    """Expect CREDITS for such a video, until PowerPost charges a different, plausible price."""
    key = _key(model, duration, audio=audio)
    before, whose = _put(key, Credits(amount), guild_id)
    click.echo(shown(f"Set for {whose}: {_kind(key)}, {amount:,} credits. {_was(before)}"))


@command.command()
@model_argument
@duration_argument
@audio_option
@server_option
def forget(model: str, duration: int, *, audio: bool, guild_id: int | None) -> None:
    """Forget a price: the estimate applies again until PowerPost charges for such a video."""
    key = _key(model, duration, audio=audio)
    before, whose = _put(key, None, guild_id)
    click.echo(shown(f"Forgotten for {whose}: {_kind(key)}; about {estimate(key):,} credits again. {_was(before)}"))


@command.command()
@json_option
def history(*, as_json: bool) -> None:
    """List the last 100 prices that were set, forgotten, or accepted after three odd charges."""
    changes, names = _with_prices(lambda stores: stores.prices.changes())
    if as_json:
        click.echo(json.dumps([_change_fields(change, names) for change in changes], indent=2))
    else:
        click.echo(
            "\n".join(shown(_change_line(change, names)) for change in changes)
            or "No price has ever been set or forgotten."
        )


def _key(model_id: str, duration: int, *, audio: bool) -> PriceKey:
    model = find_model(model_id)
    if duration not in model.durations:
        raise click.BadParameter(f"{model.name} makes videos of {model.durations_in_words}.", param_hint="SECONDS")
    if audio and not model.has_audio:
        raise click.BadParameter(f"{model.name} cannot make sound.", param_hint="--audio")
    return PriceKey(model_id, duration, audio)


def _put(key: PriceKey, amount: Credits | None, guild_id: int | None) -> tuple[KnownPrice, str]:
    async def put(stores: Stores) -> tuple[KnownPrice, str]:
        payer = None if guild_id is None else await _linked(stores, GuildId(guild_id))
        names = await server_names(stores)
        before = await stores.prices.put(key, amount, payer=payer, actor=OPERATOR)
        return before, "your account" if guild_id is None else f"the account of {server(guild_id, names)}"

    return with_stores(put)


async def _linked(stores: Stores, guild_id: GuildId) -> Payer:
    link = await stores.workspaces.active(guild_id)
    if link is None:
        raise click.ClickException(f"Server {guild_id} has not linked an account; it uses your own prices.")
    return guild_id, link.id


def _operators(known: Iterable[PriceEntry]) -> list[PriceEntry]:
    """The operator's list is complete, with estimates where nothing was charged yet."""
    own = {entry.key: entry for entry in known if entry.guild_id is None}
    return [own.get(key) or PriceEntry(None, key, KnownPrice(), None) for key in COMBINATIONS] + [
        entry for key, entry in own.items() if key not in COMBINATIONS
    ]


def _line(entry: PriceEntry, names: Mapping[int, str | None]) -> str:
    known = entry.known
    odd = f"; recently charged {known.odd:,} ({known.odd_in_a_row}×), ignored" if known.odd_in_a_row else ""
    whose = _whose(entry.guild_id, names)
    return f"{whose}: {_kind(entry.key)}, {_expected(entry) or '?'} credits ({_source(known)}){odd}"


def _expected(entry: PriceEntry) -> Credits | None:
    return entry.known.credits or estimate(entry.key)


def _source(known: KnownPrice) -> str:
    if known.credits is None:
        return "estimate"
    return "set" if known.is_set else "charged"


def _kind(key: PriceKey) -> str:
    return f"{key.model_id}, {key.duration} seconds{' with sound' if key.audio else ''}"


def _was(before: KnownPrice) -> str:
    return "It was an estimate before." if before.credits is None else f"It was {before.credits:,} before."


def _fields(entry: PriceEntry, names: Mapping[int, str | None]) -> dict[str, object]:
    """Ids are text: many JSON readers round 64-bit numbers."""
    return {
        "guild_id": None if entry.guild_id is None else str(entry.guild_id),
        **_key_fields(entry.key),
        "credits": _expected(entry),
        "source": _source(entry.known),
        "not_believed": entry.known.odd if entry.known.odd_in_a_row else None,
        "times": entry.known.odd_in_a_row,
        "at": None if entry.at is None else time_text(entry.at),
        "guild_name": None if entry.guild_id is None else names.get(entry.guild_id),
    }


def _key_fields(key: PriceKey) -> dict[str, object]:
    return {"model": key.model_id, "duration": key.duration, "audio": key.audio}


def _change_fields(change: PriceChange, names: Mapping[int, str | None]) -> dict[str, object]:
    return {
        "at": time_text(change.at),
        "link": change.link_id,
        "guild_id": None if change.guild_id is None else str(change.guild_id),
        "guild_name": None if change.guild_id is None else names.get(change.guild_id),
        **_key_fields(change.key),
        "before": change.before,
        "credits": change.credits,
        "actor": change.actor,
    }


def _change_line(change: PriceChange, names: Mapping[int, str | None]) -> str:
    before, after = (f"{amount:,}" if amount is not None else "estimate" for amount in (change.before, change.credits))
    whose = _whose(change.guild_id, names)
    return f"{time_text(change.at)} {whose}: {_kind(change.key)}, {before} → {after}, by {change.actor}"


def _whose(guild_id: GuildId | None, names: Mapping[int, str | None]) -> str:
    return "your account" if guild_id is None else server(guild_id, names)


def _with_prices(work: Callable[[Stores], Awaitable[Result]]) -> tuple[Result, Mapping[int, str | None]]:
    async def run(stores: Stores) -> tuple[Result, Mapping[int, str | None]]:
        names = await server_names(stores)
        return await work(stores), names

    return with_stores(run)
