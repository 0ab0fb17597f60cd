"""`--reason`, wherever the operator has to say why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from bot.domain.text import checked_reason
from bot.errors import InvalidRequest

Function = TypeVar("Function", bound=Callable[..., Any])


def reason_option(help_text: str) -> Callable[[Function], Function]:
    """The option as a decorator; an empty reason is a wrong call."""
    return click.option("--reason", required=True, callback=_checked, help=help_text)


def _checked(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    try:
        return checked_reason(value)
    except InvalidRequest as refused:
        raise click.BadParameter(str(refused)) from None
