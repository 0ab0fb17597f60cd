"""What every kind of option value can do, and how lists are put into words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Generic, TypeAlias, TypeVar

from bot.errors import InvalidSetting

Value = TypeVar("Value")
Plain: TypeAlias = str | int | bool | None
Stored: TypeAlias = Plain | list[str]
"""What is stored as JSON."""

LISTED: Final = 10
"""How many items of a long list are named; the rest is counted."""

WORDS_FOR_NONE: Final = frozenset({"", "none", "off", "-"})
"""What people type for no value."""


class Kind(ABC, Generic[Value]):
    """One kind of value."""

    @property
    @abstractmethod
    def takes(self) -> str:
        """What may be typed, for example "yes or no"."""

    @abstractmethod
    def parse(self, text: str) -> Value:
        """The value that a person typed. Raises `InvalidSetting` with a sentence that says what it takes."""

    @abstractmethod
    def encode(self, value: Value) -> Stored:
        """The value as JSON; ids become strings, since many languages read JSON's numbers too imprecisely for them."""

    @abstractmethod
    def decode(self, stored: object) -> Value:
        """The value of what `encode` gave. Raises `TypeError` or `ValueError` for anything else."""

    @abstractmethod
    def in_words(self, value: Value) -> str:
        """The value for people, in Discord's notation (`<#id>` shows a channel's name)."""

    def refusal(self, text: str) -> InvalidSetting:
        return InvalidSetting(f'"{text[:50]}" does not fit here: this setting takes {self.takes}. Nothing was changed.')


def listed(names: Sequence[str]) -> str:
    """For example "#a, #b and #c", or "#a, #b, … and 7 more"; empty for none."""
    if len(names) > LISTED:
        return f"{', '.join(names[:LISTED])} and {len(names) - LISTED} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def texts_in(stored: object) -> list[str]:
    """The items of a stored list. Raises `TypeError` when it is not a list."""
    if not isinstance(stored, list):
        raise TypeError(f"{stored!r} is not a list")
    return [str(one) for one in stored]
