"""People's text made harmless: it reads as it was written, and nothing in it takes effect in Discord.

Markdown is escaped, and with it every bracketed form: mentions of users, roles, channels and commands, custom emoji,
timestamps, masked links. Bare links and invitations are broken up by the same escapes. Control and direction
characters are dropped, and line breaks become spaces, so the text stays within its block. What a reader sees stays: an
emoji made of several characters, or a word that needs its joiners, is never split.

Rules of the markup: https://docs.discord.com/developers/reference#message-formatting
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import regex

from bot.domain.text import one_line

ELLIPSIS: Final = "…"
SPECIAL: Final = frozenset("\\*_~|`<>#+-.:/@[]()")
"""Characters with a meaning in Discord's markup; a backslash takes it away."""

_BREAK: Final = "\N{ZERO WIDTH SPACE}"
"""Follows every @: Discord's servers decide whether @everyone is a mention, and they ignore backslashes."""

_SIGN: Final = regex.compile(r"[\U0001F1E6-\U0001F1FF]{2}|\X")
"""What a reader sees as one character: https://www.unicode.org/reports/tr29/#Grapheme_Cluster_Boundaries

Flags have a pattern of their own: `\\X` would count back from each to the first in a row.
"""


def harmless(text: str, limit: int) -> str:
    """The text on one line, with no working markup, in at most `limit` characters; cut with an ellipsis if longer."""
    return _joined((_escaped(sign) for sign in _SIGN.findall(one_line(text))), limit)


def quoted(text: str, limit: int) -> str:
    """The text as a block quote of one line, in at most `limit` characters."""
    return f"> {harmless(text, limit - 2)}"


def plain(text: str, limit: int) -> str:
    """The text on one line for places without markup, such as alternative text; cut with an ellipsis if longer."""
    return _joined(_SIGN.findall(one_line(text)), limit)


def _escaped(sign: str) -> str:
    return "".join(f"\\{one}" if one in SPECIAL else one for one in sign).replace("@", f"@{_BREAK}")


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
