"""What Discord offers a member while they type `/video`."""

from __future__ import annotations

import pytest

from bot.domain.catalogue import MODELS, Size
from bot.domain.options import GuildOptions
from bot.errors import InvalidRequest
from cogs.video.options import MODEL_CHOICES, duration_choices, parse_size


def test_the_choices_of_models_carry_their_ids() -> None:
    assert [choice.value for choice in MODEL_CHOICES] == [model.id for model in MODELS]


@pytest.mark.parametrize(
    ("model_id", "typed", "durations"),
    [
        (None, "", [5, 10]),
        ("veo-3.1", "", [4, 8]),
        ("veo-3.1", "8", [8]),
        ("kling-3.0-pro", "1", [10]),
        ("veo-3.1", "7", [4, 8]),
        ("no-such-model", "", [5, 10]),
    ],
)
def test_the_durations_follow_the_model_and_what_was_typed(
    model_id: str | None, typed: str, durations: list[int]
) -> None:
    assert [choice.value for choice in duration_choices(model_id, typed, GuildOptions())] == durations


def test_a_duration_is_offered_in_words() -> None:
    assert [choice.name for choice in duration_choices("veo-3.1", "", GuildOptions())] == ["4 seconds", "8 seconds"]


@pytest.mark.parametrize(
    ("options", "model_id", "durations"),
    [
        (GuildOptions(default_model="veo-3.1"), None, [4, 8]),
        (GuildOptions(longest_duration=5), None, [5]),
        (GuildOptions(longest_duration=5), "veo-3.1", [4]),
        (GuildOptions(longest_duration=4), None, [4]),
        (GuildOptions(longest_duration=4), "kling-3.0-pro", []),
    ],
)
def test_only_the_durations_that_the_server_allows_are_offered(
    options: GuildOptions, model_id: str | None, durations: list[int]
) -> None:
    assert [choice.value for choice in duration_choices(model_id, "", options)] == durations


def test_a_size_that_discord_never_offered_is_refused() -> None:
    assert parse_size("portrait") is Size.PORTRAIT
    with pytest.raises(InvalidRequest, match="landscape"):
        parse_size("square")
