"""A member's text may say anything, and in Discord it is only ever text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cogs.markup import ELLIPSIS, SPECIAL, harmless, one_line, plain, quoted

PLENTY = 100_000

NASTY = [
    "@everyone",
    "@here",
    "<@123456789012345678>",
    "<@!123456789012345678>",
    "<@&123456789012345678>",
    "<#123456789012345678>",
    "</video:123456789012345678>",
    "<:blob:123456789012345678>",
    "<a:blob:123456789012345678>",
    "<t:1700000000:R>",
    "<id:customize>",
    "https://example.com/a",
    "<https://example.com>",
    "[click](https://example.com)",
    "discord.gg/abcdef",
    "discord.com/invite/abcdef",
    "mailto:me@example.com",
    "**bold** __under__ *it* ~~gone~~ ||spoiler||",
    "`code` ```py\nblock```",
    "# Heading",
    "-# small",
    "- item\n1. item\n+ item",
    "> quote\n>>> all",
    "\\@everyone \\\\*x*",
]

ALIVE = [
    re.compile(r"@(everyone|here)"),
    re.compile(r"<(@[!&]?|#)\d+>"),
    re.compile(r"</[^>]*:\d+>"),
    re.compile(r"<a?:\w+:\d+>"),
    re.compile(r"<t:-?\d+(:\w)?>"),
    re.compile(r"<id:\w+>"),
    re.compile(r"https?://|mailto:", re.IGNORECASE),
    re.compile(r"\]\("),
    re.compile(r"discord(app)?\.(gg|com)/", re.IGNORECASE),
    re.compile(r"\*\*|__|~~|\|\||``"),
]


def _as_rendered(escaped: str) -> str:
    """What Discord shows of escaped text: a backslash goes, the sign after it stays."""
    return re.sub(r"\\([^0-9A-Za-z\s])\u200b?", r"\1", escaped)


@pytest.mark.parametrize("text", NASTY)
def test_nothing_in_a_nasty_prompt_comes_alive(text: str) -> None:
    shown = harmless(text, PLENTY)

    assert not [pattern.pattern for pattern in ALIVE if pattern.search(shown)]
    assert _as_rendered(shown) == " ".join(text.split())


@given(st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=20))).map("".join))
def test_any_text_is_shown_as_written_and_stays_dead(text: str) -> None:
    shown = harmless(text, PLENTY)

    assert not [pattern.pattern for pattern in ALIVE if pattern.search(shown)]
    assert _as_rendered(shown) == one_line(text)


@given(st.text(alphabet=st.sampled_from(sorted(SPECIAL)), max_size=60))
def test_every_special_sign_carries_its_own_backslash(text: str) -> None:
    assert re.fullmatch(r"(\\[^\w\s]\u200b?|\\_)*", harmless(text, PLENTY))


@given(st.text(), st.integers(min_value=3, max_value=80))
def test_shortened_text_keeps_its_limit_and_never_ends_in_half_an_escape(text: str, limit: int) -> None:
    shown = harmless(text, limit)

    assert len(shown) <= limit
    if shown != harmless(text, PLENTY):
        assert shown.endswith(ELLIPSIS)
        assert one_line(text).startswith(_as_rendered(shown.removesuffix(ELLIPSIS)))


@given(st.text())
def test_no_invisible_or_turning_character_is_left(text: str) -> None:
    assert all(character == " " or unicodedata.category(character)[0] not in "CZ" for character in plain(text, PLENTY))


def test_direction_marks_line_breaks_and_zero_widths_vanish() -> None:
    assert plain("a\u202eb\u200bc\u2066d\u2028e\r\n\tf\ufeff", PLENTY) == "abcd e f"


def test_a_quote_is_one_block_whatever_is_in_it() -> None:
    assert quoted("one\n\n>>> two\n# three", 100) == r"> one \>\>\> two \# three"
    assert len(quoted("x" * 500, 100)) == 100
