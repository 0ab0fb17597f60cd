"""Nothing that people wrote acts on a terminal, and it stays on its line."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from bot.terminal import shown, shown_lines


@given(st.text())
def test_any_text_is_one_harmless_line(text: str) -> None:
    line = shown(text)

    assert line.encode("utf-8").decode("utf-8") == line
    assert not [one for one in line if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}]
    assert len(line.splitlines()) <= 1
    assert shown(line) == line


def test_what_acts_is_escaped_and_the_rest_stays() -> None:
    assert shown("\x1b[31m\r\n\t\x00\x9b\u202e\u2066\u200f\ud800") == (
        r"\x1b[31m\r\n\t\x00\x9b\u202e\u2066\u200f\ud800"
    )
    assert shown("👨\u200d👩 می\u200cخواهم [bold]x[/] \U0001fae9") == "👨\u200d👩 می\u200cخواهم [bold]x[/] \U0001fae9"
    assert shown_lines("ours\nours too\x1b") == "ours\nours too\\x1b"
