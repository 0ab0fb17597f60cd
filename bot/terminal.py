"""Text from people and vendors, made safe for a terminal, a table or a log: nothing in it acts, and it is one line.

Control characters (escape sequences among them), line breaks, and what turns the direction of text become escapes, such
as \\x1b or \\u202e; everything else stays as it is. Tables, lists and the log go through here; JSON escapes by itself.
"""

from __future__ import annotations

from typing import Final

import regex

_ACTS: Final = regex.compile(r"(?V1)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Noncharacter_Code_Point}]")


def shown(value: object) -> str:
    """The value on one line, harmless to a terminal."""
    return _ACTS.sub(lambda found: ascii(found[0])[1:-1], str(value))


def shown_lines(text: str) -> str:
    """The same, for text whose line breaks are ours."""
    return "\n".join(map(shown, text.split("\n")))
