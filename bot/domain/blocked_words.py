"""Finding blocked words in a prompt: whole words only, whatever their case, accents, punctuation or hidden characters.

Scripts that put no spaces between words (Chinese, Japanese, Thai and their neighbours) are compared sign by sign.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

_UNSPACED: Final = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD: Final = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")
_UNSEEN: Final = frozenset({"Mn", "Cf"})


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: "Café-Bar" gives "cafe" and "bar"."""
    decomposed = unicodedata.normalize("NFKD", text)
    seen = "".join(character for character in decomposed if unicodedata.category(character) not in _UNSEEN)
    return _WORD.findall(unicodedata.normalize("NFKC", seen).casefold())


def blocked_word_in(prompt: str, blocked: Sequence[str]) -> str | None:
    """The first of the blocked words or phrases that stands in the prompt, as `words_of` writes them, or None."""
    said = f" {' '.join(words_of(prompt))} "
    return next((word for word in blocked if f" {word} " in said), None)
