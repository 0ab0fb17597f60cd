"""Finding blocked words in a prompt: whole words only, whatever their case, accents, punctuation or hidden characters.

Texts are compared in Unicode's compatibility form (NFKC), without case and without invisible characters. They are cut
into words by Unicode's rules, which take Chinese, Hiragana and Thai sign by sign, and a run of Katakana as one word.
Marks count where they tell letters apart (ば, ी, й), and do not where they are accents or optional points (é, ё with a
stress, Hebrew and Arabic vowels). An emoji counts without its skin colour, and one made of several is found by each of
them: otherwise a joiner would hide it.

https://www.unicode.org/reports/tr29/#Word_Boundaries
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import regex

from bot.domain.text import cleaned, one_line

_FLAG: Final = "\U0001f3f4(?:{})\U000e007f".format(
    "|".join("".join(chr(0xE0000 + ord(letter)) for letter in code) for code in ("gbeng", "gbsct", "gbwls"))
)
"""England, Scotland and Wales: the only flags that tags make."""

_HIDDEN: Final = regex.compile(
    rf"(?V1)({_FLAG})|[\p{{Default_Ignorable_Code_Point}}\p{{Noncharacter_Code_Point}}\u0640"
    r"[\p{Cf}--\p{Prepended_Concatenation_Mark}]]"
)
"""A flag, to be kept, or an invisible character; U+0640 only stretches Arabic words."""

_MARKED: Final = regex.compile(
    r"(?V1)(?P<any>[\p{Latin}\p{Greek}])[\p{Mn}\p{Me}]*|(?P<loose>[\p{Cyrillic}\p{Hebrew}\p{Arabic}])[\p{Mn}\p{Me}]+"
)
"""A letter with marks that do not matter: all marks in Latin and Greek, in the others those not part of a letter."""

_BOUNDARY: Final = regex.compile(r"(?V1w)\b")
_LETTERS: Final = r"[\p{L}\p{N}\p{Mn}\p{Mc}]+"
_SYMBOL: Final = (
    rf"{_FLAG}|[\U0001F1E6-\U0001F1FF]{{2}}|[0-9#*]\u20E3|[\p{{So}}\p{{Extended_Pictographic}}\p{{Cn}}\p{{Co}}]"
)
_RUN: Final = regex.compile(rf"(?V1){_SYMBOL}|{_LETTERS}")
"""A symbol, or letters in a row; finding boundaries within a row of flags would take quadratic time."""

_IS_SYMBOL: Final = regex.compile(rf"(?V1){_SYMBOL}")
_GAP: Final = regex.compile(r"(?V1)[^\p{L}\p{N}\p{Mn}\p{Mc}]+")


def words_of(text: str) -> list[str]:
    """The words and emoji of a text as they are compared: "Café-Bar" gives "cafe" and "bar"."""
    return [word for run in _RUN.findall(_folded(text)) for word in _BOUNDARY.split(run) if word]


def as_kept(phrase: str) -> str:
    """A blocked word as it is stored and shown; empty if there is nothing to look for."""
    words = words_of(phrase)
    has_symbols = any(map(_IS_SYMBOL.match, words))
    return one_line(phrase) if has_symbols else _GAP.sub(" ", _folded(phrase)).strip()


def blocked_word_in(prompt: str, blocked: Sequence[str]) -> str | None:
    """The first blocked word or phrase that the prompt contains, or None."""
    words = words_of(prompt)
    everything = _row(words)
    letters = _row(word for word in words if not _IS_SYMBOL.match(word))
    return next((phrase for phrase in blocked if _sought(phrase) in everything or _sought(phrase) in letters), None)


def _folded(text: str) -> str:
    compatible = unicodedata.normalize("NFKC", _seen(cleaned(text))).casefold()
    return _MARKED.sub(_bare, _seen(unicodedata.normalize("NFKC", compatible))).replace("ı", "i")


def _seen(text: str) -> str:
    return _HIDDEN.sub(lambda found: found[1] or "", text)


def _bare(found: regex.Match[str]) -> str:
    return unicodedata.normalize("NFD", found["any"])[0] if found["any"] else str(found["loose"])


def _row(words: Iterable[str]) -> str:
    """Each word with a space on either side; for no words one space, in which no row of words is found."""
    return "".join(f" {word}" for word in words) + " "


@lru_cache(maxsize=4096)
def _sought(phrase: str) -> str:
    return _row(words_of(phrase))
