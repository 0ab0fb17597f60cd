"""People's text made harmless: it is read as it was written, and nothing in it comes alive in Discord.

Markdown is escaped, and with it every bracketed form: mentions of users, roles, channels and commands, custom emoji,
timestamps, masked links. Bare links and invitations are broken up by the same escapes. Control, format and direction
characters are dropped, and line breaks become spaces, so that the text stays the one block it is put into.

Rules of the markup: https://docs.discord.com/developers/reference#message-formatting
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Final

ELLIPSIS: Final = "…"
SPECIAL: Final = frozenset("\\*_~|`<>#+-.:/@[]()")
"""What Discord's markup gives a meaning to; a backslash before it takes the meaning away."""

_BREAK: Final = "\N{ZERO WIDTH SPACE}"
"""Follows every @: whether @everyone is a mention is decided on Discord's side, which knows no backslashes."""

_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def harmless(text: str, limit: int) -> str:
    """The text on one line, with nothing in it alive, in at most `limit` characters; cut with an ellipsis if longer."""
    return _joined((_escaped(character) for character in one_line(text)), limit)


def quoted(text: str, limit: int) -> str:
    """The text as a block quote of one line, in at most `limit` characters."""
    return f"> {harmless(text, limit - 2)}"


def plain(text: str, limit: int) -> str:
    """The text on one line for places without markup, such as alternative text; cut with an ellipsis if longer."""
    return _joined(one_line(text), limit)


def one_line(text: str) -> str:
    """The text without characters that cannot be seen, each run of white space being one space."""
    spaced = "".join(character if character.isprintable() else _seen(character) for character in text)
    return " ".join(spaced.split())


def _seen(character: str) -> str:
    if character.isspace():
        return " "
    return "" if unicodedata.category(character) in _INVISIBLE else character


def _escaped(character: str) -> str:
    if character not in SPECIAL:
        return character
    return f"\\{character}{_BREAK}" if character == "@" else f"\\{character}"


def _joined(pieces: Iterable[str], limit: int) -> str:
    kept: list[str] = []
    length = 0
    for piece in pieces:
        length += len(piece)
        kept.append(piece)
        if length > limit:
            return _cut(kept, length, limit)
    return "".join(kept)


def _cut(pieces: list[str], length: int, limit: int) -> str:
    while pieces and length > limit - len(ELLIPSIS):
        length -= len(pieces.pop())
    return "".join(pieces).rstrip() + ELLIPSIS
