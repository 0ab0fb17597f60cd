"""What a member reads at each moment of a video's life."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.catalogue import Size
from bot.domain.identifiers import Credits, LinkId, UserId
from bot.domain.job import Delivery, Failure, JobState, MessageState
from cogs.video.failures import WORDS_OF_FAILURE
from cogs.video.text import (
    HEADLINE_OF_MESSAGE_STATE,
    STATUS_OF_MESSAGE_STATE,
    Surroundings,
    credits_left,
    ready_notice,
    words,
)
from tests.cogs.factories import NOON, a_balance, a_job, a_spec

WITH_85_LEFT = Surroundings(now=NOON, balance=a_balance(85, reserved=15))


def test_every_message_state_has_its_headline_and_status() -> None:
    assert set(HEADLINE_OF_MESSAGE_STATE) == set(STATUS_OF_MESSAGE_STATE) == set(MessageState)


def test_a_queued_video_says_what_was_asked_what_is_held_and_who_asked() -> None:
    said = words(a_job(JobState.QUEUED, requester_id=UserId(42)), WITH_85_LEFT)

    assert said.headline == "The video is in the queue"
    assert said.prompt == "> A golden retriever runs through a field"
    assert said.facts == "Kling 3.0 Pro · 5 seconds · landscape (16:9) · silent"
    assert said.status == "PowerPost gets it in a moment. 15 credits are held for it; this server has 85 left."
    assert said.footer == "Requested by <@42>"


def test_a_video_that_waits_for_powerpost_says_when_it_is_tried_again() -> None:
    until = NOON + timedelta(minutes=2)

    said = words(a_job(JobState.QUEUED, trouble_until=until), WITH_85_LEFT)

    assert said.headline == "The video is waiting for PowerPost"
    assert said.status == (
        f"PowerPost is having trouble. Trying again <t:{int(until.timestamp())}:R>; the video keeps its place. "
        "15 credits are held for it; this server has 85 left."
    )


def test_a_try_whose_time_has_come_is_now() -> None:
    said = words(a_job(JobState.QUEUED, trouble_until=NOON), WITH_85_LEFT)
    assert said.status.startswith("PowerPost is having trouble. Trying again now;")


def test_the_facts_tell_sound_shape_picture_and_enhancement() -> None:
    spec = a_spec(model_id="veo-3.1", duration=8, size=Size.PORTRAIT, audio=True, enhance=True)

    said = words(a_job(spec=spec, has_image=True), WITH_85_LEFT)

    assert said.facts == (
        "Google Veo 3.1 · 8 seconds · portrait (9:16) · with sound · from a picture · prompt enhanced"
    )


def test_a_video_being_made_says_about_when_it_is_ready() -> None:
    ready_at = NOON + timedelta(seconds=90)

    said = words(a_job(), Surroundings(now=NOON, balance=a_balance(85), ready_at=ready_at))

    assert said.status.startswith(f"It should be ready <t:{int(ready_at.timestamp())}:R>.")


@pytest.mark.parametrize("ready_at", [None, NOON - timedelta(seconds=1)])
def test_a_video_being_made_promises_no_moment_that_is_unknown_or_past(ready_at: None) -> None:
    assert words(a_job(), Surroundings(now=NOON, ready_at=ready_at)).status == (
        "This takes a few minutes. 15 credits are held for it."
    )


@pytest.mark.parametrize(("price", "left"), [(15, 85), (10, 90), (20, 80)])
def test_a_price_that_powerpost_has_told_is_said_as_such_and_what_is_left_follows_it(price: int, left: int) -> None:
    job = a_job(credits_used=Credits(price))

    assert words(job, WITH_85_LEFT).status.endswith(f"It costs {price} credits; this server has {left} left.")


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELLED])
def test_what_is_left_after_a_release_is_what_the_books_say(state: JobState) -> None:
    assert credits_left(a_job(state, credits_used=Credits(10)), a_balance(100)) == 100


def test_a_slow_video_says_that_it_is_not_forgotten() -> None:
    said = words(a_job(submitted_at=NOON - timedelta(minutes=21)), WITH_85_LEFT)

    assert said.headline == "The video is taking longer than usual"
    assert "still working on it" in said.status


@pytest.mark.parametrize("used", [None, Credits(10)])
def test_an_unconfirmed_video_promises_that_nobody_is_charged_twice(used: Credits | None) -> None:
    said = words(a_job(JobState.UNCONFIRMED, credits_used=used), WITH_85_LEFT)

    assert said.headline == "Checking with PowerPost"
    assert said.status == (
        "We are checking whether PowerPost got this request. You will not be charged twice. "
        "If there is no video within a day, the credits are returned."
    )


def test_a_finished_video_says_what_it_cost_and_what_is_left() -> None:
    job = a_job(JobState.COMPLETED, credits_used=Credits(15), delivery=Delivery.ATTACHED, shown=MessageState.COMPLETED)

    assert words(job, WITH_85_LEFT).status == "It cost 15 credits; this server has 85 left."


def test_what_is_left_counts_the_settling_that_follows_the_delivery() -> None:
    cheaper = a_job(JobState.COMPLETED, credits_used=Credits(10), shown=MessageState.PROCESSING)

    assert credits_left(cheaper, a_balance(85, reserved=15)) == 90


def test_a_server_with_its_own_account_is_told_no_balance_of_ours() -> None:
    job = a_job(JobState.COMPLETED, credits_used=Credits(15), link_id=LinkId(7), shown=MessageState.COMPLETED)

    assert words(job, WITH_85_LEFT).status == "It cost 15 credits."


def test_a_linked_video_says_when_its_link_expires() -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.LINKED, video_url="https://example.com/v.mp4?sig=(a)")
    expiry = int((NOON + timedelta(days=7)).timestamp())

    assert words(job, WITH_85_LEFT).status.endswith(
        f"so here is a [link](https://example.com/v.mp4?sig=(a%29) (expires <t:{expiry}:R>)."
    )


@pytest.mark.parametrize("url", [None, "https://example.com/" + "x" * 5000])
def test_a_video_whose_link_cannot_be_shown_points_to_the_history(url: str | None) -> None:
    job = a_job(JobState.COMPLETED, delivery=Delivery.LINKED, video_url=url)

    assert "`/history`" in words(job, WITH_85_LEFT).status


@pytest.mark.parametrize("failure", Failure)
def test_every_failure_says_what_happened_that_it_cost_nothing_and_what_to_do(failure: Failure) -> None:
    said = words(a_job(JobState.FAILED, failure=failure), WITH_85_LEFT)
    expected = WORDS_OF_FAILURE[failure]

    assert said.headline == expected.headline
    assert said.status == f"{expected.happened} You were not charged. {expected.next_step}"


def test_a_failed_generation_quotes_powerpost_without_its_markup() -> None:
    job = a_job(JobState.FAILED, failure=Failure.GENERATION_FAILED, failure_detail="timed **out**\n@everyone")

    said = words(job, WITH_85_LEFT).status

    assert 'PowerPost says: "timed \\*\\*out\\*\\* \\@\u200beveryone".' in said


def test_a_refused_key_keeps_the_operators_affairs_private() -> None:
    job = a_job(JobState.FAILED, failure=Failure.KEY_REFUSED, failure_detail="key pp_live_sk_123 withdrawn")

    assert "pp_live" not in words(job, WITH_85_LEFT).status


def test_a_cancelled_video_cost_nothing() -> None:
    assert words(a_job(JobState.CANCELLED), WITH_85_LEFT).status == "It was never ordered. You were not charged."


def test_one_credit_is_said_in_the_singular() -> None:
    said = words(a_job(JobState.QUEUED, credits_held=Credits(1)), WITH_85_LEFT)

    assert "1 credit is held for it" in said.status


def test_the_notice_of_a_ready_video_names_the_requester_and_the_message() -> None:
    assert ready_notice(a_job()) == "<@300>, your video is ready: https://discord.com/channels/100/200/500"


def test_a_long_prompt_is_shortened_and_described_to_those_who_cannot_see() -> None:
    said = words(a_job(spec=a_spec(prompt="*wow* " * 400)), WITH_85_LEFT)

    assert len(said.prompt) <= 1000
    assert said.prompt.endswith("…")
    assert said.alt.startswith("Video: *wow* *wow*")
    assert len(said.alt) == 1024


def test_a_failure_of_the_servers_own_account_sends_to_its_admins() -> None:
    for failure in (Failure.ACCOUNT_EMPTY, Failure.KEY_REFUSED, Failure.STORAGE_FULL):
        own = words(a_job(JobState.FAILED, failure=failure, link_id=LinkId(1)), Surroundings(NOON)).status
        operators = words(a_job(JobState.FAILED, failure=failure), Surroundings(NOON)).status

        assert "an admin of this server" in own
        assert "operator" not in own
        assert "operator" in operators
