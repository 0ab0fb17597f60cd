"""What a member reads about the server's credits and about prices."""

from __future__ import annotations

from bot.domain.catalogue import MODELS
from bot.domain.identifiers import Credits
from bot.domain.job import JobState
from bot.domain.ledger import Balance
from bot.domain.pricing import Price, PriceKey
from bot.domain.quota import Period, Target, TargetKind
from cogs.credits.text import balance_text, credits_text, price_list
from cogs.wording import limits
from tests.cogs.factories import a_balance, a_job, an_allowance


def test_the_balance_tells_available_held_and_spent() -> None:
    assert balance_text(a_balance(1250, reserved=15, spent=30)) == (
        "### This server has 1,250 credits available\n15 held for videos in progress · 30 spent so far"
    )


def test_an_empty_server_is_told_whom_to_ask() -> None:
    assert "ask the bot's operator" in balance_text(a_balance(0))


def test_an_overdrawn_server_is_told_why() -> None:
    overdrawn = balance_text(Balance(available=Credits(-5)))

    assert "has 0 credits available" in overdrawn
    assert "5 credits more than expected" in overdrawn


def test_the_price_list_tells_learned_prices_from_estimates() -> None:
    listed = price_list({PriceKey("kling-3.0-pro", 5, audio=False): Price(Credits(17), is_exact=True)})

    assert "Kling 3.0 Pro: 5 seconds 17 · 5 seconds with sound about 23 · 10 seconds about 30" in listed


def test_the_price_list_has_every_model_and_no_sound_where_there_is_none() -> None:
    listed = price_list({})

    assert all(model.name in listed for model in MODELS)
    runway = next(line for line in listed.splitlines() if line.startswith("Runway"))
    assert "sound" not in runway


def test_a_members_own_limits_stand_between_the_balance_and_the_prices() -> None:
    text = credits_text(a_balance(100), [an_allowance(limit=20, used=15)], {})

    balance, own, prices = text.split("\n\n")
    assert balance.startswith("### This server has 100 credits")
    assert own.startswith("**Your limits here**\n5 of 20 credits left today (for everyone here)")
    assert prices.startswith("**What a video costs")


def test_a_member_reads_what_their_last_videos_cost() -> None:
    made = a_job(state=JobState.COMPLETED, credits_used=Credits(23))
    failed = a_job(state=JobState.FAILED)

    text = credits_text(a_balance(100), [], {}, None, [made, failed])

    assert "**Your last videos cost**\nKling 3.0 Pro 23\n" in text


def test_without_limits_nothing_is_said_of_them() -> None:
    assert "limits" not in credits_text(a_balance(100), [], {})


def test_the_whole_answer_fits_into_a_message() -> None:
    role = Target(TargetKind.ROLE, 2**63 - 1)
    longest = [an_allowance(role, period, limit=10**9) for period in Period]
    assert len(credits_text(a_balance(10**6, 10**6, 10**6), longest, {})) <= limits.DISPLAYED_TEXT
