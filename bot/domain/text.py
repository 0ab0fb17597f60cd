"""What people write: which characters a reader sees, and which are dangerous wherever they are shown.

Dangerous are control characters (escape sequences among them), half of a surrogate pair, and what turns the direction
of the text around it. Everything else stays as written: joiners, variation selectors, tags and new characters belong
to emoji and to many scripts.

Properties: https://www.unicode.org/reports/tr44/ (the `regex` library knows them, and newer ones than Python does).
"""

from __future__ import annotations

from typing import Final

import regex

from bot.errors import InvalidRequest

_UNSEEN: Final = regex.compile(
    r"(?V1)[\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}"
    r"\p{InSC=Invisible_Stacker}[\p{Cf}--\p{Prepended_Concatenation_Mark}]"
    r"\u2800\U0001D159\U00016FE4]*"  # the blank of braille, of a note's head and of Khitan: letters without ink
)
DANGEROUS: Final = regex.compile(r"(?V1)[[\p{Cc}--[\t\n\r]]\p{Cs}\u202A-\u202E\u2066-\u2069]")
"""Controls other than tabs and line breaks, surrogates, and overrides, embeddings and isolates of direction."""


def is_blank(text: str) -> bool:
    """Whether a reader sees nothing at all."""
    return _UNSEEN.fullmatch(text) is not None


def cleaned(text: str) -> str:
    """The text without what is dangerous; line breaks and tabs stay."""
    return DANGEROUS.sub(lambda found: " " if found[0].isspace() else "", text)


def one_line(text: str) -> str:
    """The cleaned text with each run of white space (line breaks too) as one space."""
    return " ".join(cleaned(text).split())


def checked_reason(text: str) -> str:
    """A reason on one line, as it is stored. Raises `InvalidRequest` when it is blank."""
    if is_blank(text):
        raise InvalidRequest("The reason is empty. Say why in a few words. Nothing was changed.")
    return one_line(text)
