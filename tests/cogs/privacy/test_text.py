"""What a member reads about their data."""

from __future__ import annotations

from datetime import timedelta

from bot.domain.erasure import Erased
from cogs.privacy.text import ASK_AGAIN, NOTHING_TO_ERASE, erased_text, stored_text
from cogs.wording import limits


def test_what_is_stored_names_every_place_and_for_how_long() -> None:
    said = stored_text(timedelta(days=30))

    for place in ("each of your videos", "picture you attach", "ledger", "audit trail", "PowerPost", "Discord"):
        assert place in said
    assert "until 30 days after the bot is removed" in said
    assert "until 1 day after" in stored_text(timedelta(days=1))
    assert len(said) < limits.DISPLAYED_TEXT


def test_the_question_says_what_stays() -> None:
    assert "Ids and amounts stay" in ASK_AGAIN
    assert "Messages in Discord" in ASK_AGAIN


def test_the_answer_counts() -> None:
    assert "The prompts and history of one video are gone" in erased_text(Erased(1))
    assert "The prompts and history of 1,200 videos are gone" in erased_text(Erased(1200))
    assert erased_text(Erased(0)) == NOTHING_TO_ERASE


def test_videos_under_way_come_first() -> None:
    one, two = erased_text(Erased(0, under_way=1)), erased_text(Erased(0, under_way=2))

    assert "1 video of yours is still in progress" in one
    assert "2 videos of yours are still in progress" in two
    assert "Nothing was erased" in one
