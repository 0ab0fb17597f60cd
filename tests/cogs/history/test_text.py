"""What a member reads about their own last videos."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.identifiers import Credits
from bot.domain.job import Delivery, JobState
from cogs.history.text import NOTHING_YET, STATE_IN_WORDS, entry, history_text
from cogs.wording import limits
from tests.cogs.factories import NOON, a_job, a_spec

ASKED = f"<t:{int((NOON - timedelta(minutes=2)).timestamp())}:R>"


def test_a_finished_video_is_told_with_price_age_and_link() -> None:
    job = a_job(JobState.COMPLETED, credits_used=Credits(17), delivery=Delivery.ATTACHED)

    assert entry(job, NOON) == (
        "A golden retriever runs through a field\n"
        f"-# **ready** · Kling 3.0 Pro · 17 credits · {ASKED} · [message](https://discord.com/channels/100/200/500)"
    )


def test_a_failed_video_is_told_to_have_cost_nothing() -> None:
    assert "**failed** · Kling 3.0 Pro · not charged" in entry(a_job(JobState.FAILED), NOON)


def test_a_video_on_its_way_is_told_with_what_is_held() -> None:
    assert "**being made** · Kling 3.0 Pro · 15 credits held" in entry(a_job(), NOON)


def test_a_video_on_its_way_is_told_with_its_price_once_that_is_known() -> None:
    assert "**being made** · Kling 3.0 Pro · 10 credits · " in entry(a_job(credits_used=Credits(10)), NOON)


def test_a_video_in_a_direct_message_is_linked_there() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.ATTACHED, is_direct=True)

    assert "[message](https://discord.com/channels/@me/200/500)" in entry(job, NOON)


def test_a_link_of_last_week_is_said_to_have_expired() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.HISTORY, video_url="https://example.com/v.mp4")

    assert "[link](" in entry(job, NOON + timedelta(days=7, seconds=-1))
    assert entry(job, NOON + timedelta(days=7)).endswith("link expired")


def test_a_link_that_would_fill_the_message_is_left_out() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.HISTORY, video_url="https://example.com/" + "x" * 5000)

    assert history_text([job] * 10, NOON).count("link not available") == 10


def test_a_video_that_no_message_shows_is_linked_itself() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.HISTORY, video_url="https://example.com/v.mp4")

    assert "[link](https://example.com/v.mp4) (expires" in entry(job, NOON)


def test_a_video_that_was_never_shown_anywhere_has_no_link() -> None:
    assert entry(a_job(message_id=None), NOON).endswith(ASKED)


def test_a_prompt_is_shortened_and_harmless() -> None:
    first_line = entry(a_job(spec=a_spec(prompt="**@everyone** " * 50)), NOON).splitlines()[0]

    assert len(first_line) <= 120
    assert "@everyone" not in first_line


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_words(state: JobState) -> None:
    assert STATE_IN_WORDS[state] in entry(a_job(state), NOON)


def test_a_member_without_videos_is_told_how_to_begin() -> None:
    assert history_text([], NOON) == NOTHING_YET


def test_ten_long_entries_fit_into_a_message() -> None:
    job = a_job(spec=a_spec(prompt="*" * 500))

    text = history_text([job] * 10, NOON)

    assert text.count("-# ") == 10
    assert len(text) <= limits.DISPLAYED_TEXT


def test_entries_that_do_not_fit_are_left_out_whole() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.HISTORY, video_url="https://example.com/" + "x" * 1000)

    assert len(history_text([job] * 10, NOON)) <= limits.DISPLAYED_TEXT
