"""Options whose value is one of a few, or some of a few."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.option_kinds.base import WORDS_FOR_NONE, Kind, Plain, listed, texts_in


@dataclass(frozen=True, slots=True)
class OneOf(Kind[Plain]):
    """One of a few values, each with its name for people."""

    choices: Mapping[Any, str]

    @property
    def takes(self) -> str:
        return " or ".join(written(choice) for choice in self.choices)

    def parse(self, text: str) -> Plain:
        fitting: list[Plain] = [choice for choice in self.choices if written(choice) == text.strip().lower()]
        if not fitting:
            raise self.refusal(text)
        return fitting[0]

    def encode(self, value: Plain) -> Plain:
        return value

    def decode(self, stored: object) -> Plain:
        """A value that is no longer on offer, such as a withdrawn model, stays as it is."""
        if stored is not None and not isinstance(stored, str | int):
            raise TypeError(f"{stored!r} is not a choice")
        return next((choice for choice in self.choices if choice == stored), stored)

    def in_words(self, value: Plain) -> str:
        return self.choices.get(value, str(value))


@dataclass(frozen=True, slots=True)
class SomeOf(Kind[frozenset[str]]):
    """Any of a few values, each with its name for people; choosing none means all, which `empty` puts into words."""

    choices: Mapping[str, str]
    empty: str

    @property
    def takes(self) -> str:
        return f"one or more of {', '.join(self.choices)}, separated by commas, or none"

    def parse(self, text: str) -> frozenset[str]:
        if text.strip().lower() in WORDS_FOR_NONE:
            return frozenset()
        pieces = frozenset(re.split(r"[,\s]+", text.strip().lower()))
        if not pieces <= set(self.choices):
            raise self.refusal(text)
        return pieces

    def encode(self, value: frozenset[str]) -> list[str]:
        return sorted(value)

    def decode(self, stored: object) -> frozenset[str]:
        return frozenset(texts_in(stored))

    def in_words(self, value: frozenset[str]) -> str:
        return listed([self.choices.get(one, one) for one in sorted(value)]) or self.empty


def written(choice: object) -> str:
    """How a choice is typed on the command line and named in a menu's value: "yes", "no", "none", or as it is."""
    if choice is None:
        return "none"
    if isinstance(choice, bool):
        return "yes" if choice else "no"
    return str(choice)
