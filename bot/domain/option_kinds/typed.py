"""Options whose value is typed: numbers, and lists of words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from bot.domain.blocked_words import as_kept, words_of
from bot.domain.option_kinds.base import WORDS_FOR_NONE, Kind, listed, texts_in
from bot.domain.text import is_blank, one_line
from bot.errors import InvalidSetting

MOST_WORDS: Final = 200
LONGEST_WORD: Final = 50
LONGEST_LIST: Final = 4000
"""Characters of all words with a line break after each: as many as a form in Discord holds."""


@dataclass(frozen=True, slots=True)
class Number(Kind[int]):
    """A whole number from 0 to `most`; 0 switches the option off, which `empty` puts into words."""

    most: int
    empty: str
    unit: str = ""

    @property
    def takes(self) -> str:
        return f"a whole number from 1 to {self.most:,}, or 0 for none"

    def parse(self, text: str) -> int:
        digits = text.strip().lower().replace(",", "")
        if digits in WORDS_FOR_NONE:
            return 0
        if not re.fullmatch(r"[0-9]{1,12}", digits) or int(digits) > self.most:
            raise self.refusal(text)
        return int(digits)

    def encode(self, value: int) -> int:
        return value

    def decode(self, stored: object) -> int:
        return int(str(stored))

    def in_words(self, value: int) -> str:
        return f"{value:,} {self.unit}".strip() if value else self.empty


@dataclass(frozen=True, slots=True)
class Words(Kind[tuple[str, ...]]):
    """Words or short phrases in alphabetical order; two that match the same text are one."""

    empty: str

    @property
    def takes(self) -> str:
        return (
            f"up to {MOST_WORDS} words of up to {LONGEST_WORD} letters ({LONGEST_LIST:,} in all), "
            "one per line or separated by commas, or none"
        )

    def parse(self, text: str) -> tuple[str, ...]:
        if text.strip().lower() in WORDS_FOR_NONE:
            return ()
        pieces = [piece for piece in re.split(r"[,\n]", text) if not is_blank(piece)]
        phrases = {" ".join(words_of(piece)): _findable(piece) for piece in pieces}.values()
        letters = [len(phrase) for phrase in phrases]
        if not phrases or len(phrases) > MOST_WORDS or max(letters) > LONGEST_WORD:
            raise self.refusal(text)
        if sum(letters) + len(letters) > LONGEST_LIST:
            raise self.refusal(text)
        return tuple(sorted(phrases))

    def encode(self, value: tuple[str, ...]) -> list[str]:
        return list(value)

    def decode(self, stored: object) -> tuple[str, ...]:
        return tuple(texts_in(stored))

    def in_words(self, value: tuple[str, ...]) -> str:
        return listed(value) or self.empty


def _findable(piece: str) -> str:
    """Raises `InvalidSetting` when the piece could never be found in a prompt, rather than drop it silently."""
    kept = as_kept(piece)
    if not kept:
        shown = one_line(piece)[:LONGEST_WORD]
        raise InvalidSetting(
            f'"{shown}" can never be found: a word needs a letter, a digit or an emoji. Nothing was changed.'
        )
    return kept
