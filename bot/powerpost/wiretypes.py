"""The small types that PowerPost's records are made of: what a value may be, and what happens when it is not.

A `Maybe…` reads as None when the value is missing or malformed; the others make the whole record unreadable.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.domain.text import DANGEROUS

LONGEST_TEXT = 500
"""Characters of any sentence of the vendor's that are kept."""


def one_line(text: str, *, longest: int = LONGEST_TEXT) -> str:
    """`text` on one line, without what is dangerous to show, at most `longest` characters long."""
    return " ".join(DANGEROUS.sub(" ", text[: 4 * longest]).split())[:longest]


def _none_if_unreadable(value: Any, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - whatever JSON holds
    try:
        return read(value)
    except ValidationError:
        return None


def _no_boolean(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")  # noqa: TRY004 - pydantic handles ValueError, not TypeError
    return value


LENIENT = WrapValidator(_none_if_unreadable)
_NUMBER = BeforeValidator(_no_boolean)
_MOST_CREDITS = 1_000_000_000

Id = Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
"""Visible ASCII: goes into paths and logs."""

Link = Annotated[str, Field(pattern=r"^https?://[!-~]+$", max_length=4096)]

Balance = Annotated[int, _NUMBER, Field(ge=-_MOST_CREDITS, le=_MOST_CREDITS)]
"""Credits that somebody has; below zero when overdrawn."""

Price = Annotated[int, _NUMBER, Field(ge=0, le=_MOST_CREDITS)]
"""Credits that something costs."""

MaybeId = Annotated[Id | None, LENIENT]
MaybeLink = Annotated[Link | None, LENIENT]
MaybeText = Annotated[Annotated[str, AfterValidator(one_line)] | None, LENIENT]
MaybeBalance = Annotated[Balance | None, LENIENT]
MaybePrice = Annotated[Price | None, LENIENT]
MaybeCount = Annotated[Annotated[int, _NUMBER, Field(ge=0, le=2**53)] | None, LENIENT]
MaybeSeconds = Annotated[Annotated[float, _NUMBER, Field(ge=0, le=1e9)] | None, LENIENT]
MaybeFlag = Annotated[bool | None, LENIENT]
MaybeMoment = Annotated[AwareDatetime | None, LENIENT]
MaybePrompt = Annotated[str | None, LENIENT]
