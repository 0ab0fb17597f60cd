"""A member's text may say anything, and in Discord it is only ever text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import one_line
from cogs.wording.markup import ELLIPSIS, SPECIAL, harmless, plain, quoted
from tests.domain.test_text import SEEN

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
    return re.sub(r"\\(?:(@)\u200b|([^0-9A-Za-z\s]))", r"\1\2", escaped)


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
def test_no_control_and_nothing_that_turns_text_is_left(text: str) -> None:
    shown = plain(text, PLENTY)

    assert not [one for one in shown if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def test_direction_overrides_line_breaks_and_controls_vanish() -> None:
    assert plain("a\u202eb\x1bc\u2066d\u2028e\r\n\tf\x85", PLENTY) == "abcd e f"


@pytest.mark.parametrize("text", SEEN)
def test_what_a_reader_sees_is_shown(text: str) -> None:
    assert plain(f"Video: {text}", PLENTY) == f"Video: {text}"
    assert harmless(text, PLENTY) == text


@pytest.mark.parametrize("text", SEEN[:2])
def test_a_sign_made_of_several_is_never_cut_apart(text: str) -> None:
    for limit in range(2, len(text) + 2):
        shown = plain(text + "x" * 20, limit)
        assert shown in {ELLIPSIS, *(text + "x" * number + ELLIPSIS for number in range(20))}, ascii(shown)


def test_a_quote_is_one_block_whatever_is_in_it() -> None:
    assert quoted("one\n\n>>> two\n# three", 100) == r"> one \>\>\> two \# three"
    assert len(quoted("x" * 500, 100)) == 100
