"""Arguments that several commands share: a server, a reason, and `--json`."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, TypeVar

import click

from bot.cli.database import with_stores
from bot.domain.guild_names import KnownGuild, closest_guild
from bot.domain.text import checked_reason
from bot.errors import InvalidRequest, VideobotError
from storage.stores import Stores

Function = TypeVar("Function", bound=Callable[..., Any])

LARGEST_ID: Final = 2**63 - 1


class WholeNumber(click.IntRange):
    """A whole number within bounds; click calls it an "integer range"."""

    name = "whole number"


class ServerId(WholeNumber):
    """A server's id; anything else is refused, with the server whose name or id comes closest."""

    def __init__(self) -> None:
        super().__init__(1, LARGEST_ID)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401  click's own
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as refused:
            if (closest := _closest(str(value))) is None:
                raise
            self.fail(f"{refused.message} The closest server is {closest}.", param, ctx)


guild_argument = click.argument("guild_id", type=ServerId())
json_option = click.option("--json", "as_json", is_flag=True, help="JSON, for scripts.")


def reason_option(help_text: str) -> Callable[[Function], Function]:
    """The option as a decorator; an empty reason is a usage error."""
    return click.option("--reason", required=True, callback=_checked, help=help_text)


def _checked(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        return checked_reason(value)
    except InvalidRequest as refused:
        raise click.BadParameter(str(refused)) from None


def _closest(words: str) -> KnownGuild | None:
    """None also when the database cannot be read: the call is refused anyway, this is only a hint."""

    async def find(stores: Stores) -> KnownGuild | None:
        return closest_guild(words, await stores.names.known())

    with suppress(VideobotError, OSError):
        return with_stores(find)
    return None
