"""What of a text a reader sees, and what is taken out of it because it is dangerous."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.text import checked_reason, cleaned, is_blank, one_line
from bot.errors import InvalidRequest

SEEN = [
    "👨‍👩‍👧",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "می\u200cخواهم",
    "\U0001fae9",
    "❤️",
    "क्‍ष",
    "\u200fשלום\u200e!",
    "ไทย\u200bไทย",
    "\U0003347a",
    "\u0600",
    "⠃",
    "\ue000",
    "a\u0301",
]
"""Emoji of several, a flag by tags, Persian with its non-joiner, emoji and letters that Python's tables do not know."""

UNSEEN = [
    "",
    "  \n",
    "\u200b\u200b",
    "\u2028",
    "\u3164",
    "\u2800",
    "\ufe0f",
    "\uffa0",
    "\u034f",
    "\u115f",
    "\u1160",
    "\u17b4",
    "\u180e",
    "\u2060\u2064",
    "\ufeff",
    "\u00ad",
    "\u200d",
    "\u202e\u2066",
    "\x00\x1b",
    "\x85",
    "\ud800",
    "\uffff",
    "\ufff9\ufffb",
    "\U0001d159",
    "\U00016fe4",
    "\U000e0067\U000e0062\U000e007f",
    "\U000e01ef",
    "\U000e0fff",
    "\u3164 \u2800\n\ufe0f",
]


@pytest.mark.parametrize("text", SEEN)
def test_what_a_reader_sees_stays_as_it_was_written(text: str) -> None:
    assert not is_blank(text)
    assert cleaned(text) == one_line(text) == text


@pytest.mark.parametrize("text", UNSEEN)
def test_a_text_of_nothing_to_see_is_blank(text: str) -> None:
    assert is_blank(text)
    assert not is_blank(f"{text}x")


def test_controls_and_what_turns_text_are_taken_out_and_nothing_else() -> None:
    assert cleaned("a\u202eb\u2067c\u2069\x1b[2J\x00\x9b1m\ud83dz") == "abc[2J1mz"
    assert cleaned("one\n\ttwo\r\nthree\x85four") == "one\n\ttwo\r\nthree four"
    assert one_line(" one\n\ttwo\u2028three\x0bfour ") == "one two three four"


@given(st.text())
def test_cleaning_twice_changes_nothing_and_the_text_can_be_stored(text: str) -> None:
    once = cleaned(text)

    assert cleaned(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert "\x00" not in once


@pytest.mark.parametrize("text", UNSEEN)
def test_a_reason_needs_something_to_see(text: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        checked_reason(text)
    assert str(refused.value) == "The reason is empty. Say why in a few words. Nothing was changed."


def test_a_reason_is_one_line() -> None:
    assert checked_reason(" welcome\nto \x1b[1mall\u202e 👨‍👩‍👧") == "welcome to [1mall 👨‍👩‍👧"
