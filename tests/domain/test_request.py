"""Which requests are valid for which model, and the sentence that a member reads about one that is not."""

from __future__ import annotations

import pytest

from bot.domain.catalogue import DEFAULT_MODEL, LONGEST_PROMPT, MODELS, Size, VideoModel, find_model
from bot.domain.request import VideoSpec, make_spec
from bot.errors import InvalidRequest
from tests.domain.test_text import SEEN, UNSEEN

every_model = pytest.mark.parametrize("model", MODELS, ids=lambda model: model.id)


def test_the_catalogue_is_what_powerpost_documents() -> None:
    assert [(model.id, model.durations, model.has_audio, model.prompt_limit) for model in MODELS] == [
        ("kling-3.0-pro", (5, 10), True, 2500),
        ("veo-3.1", (4, 8), True, 3000),
        ("runway-gen-4.5", (5, 10), False, 1000),
    ]
    assert LONGEST_PROMPT == 3000
    assert [(size.value, size.ratio) for size in Size] == [("landscape", "16:9"), ("portrait", "9:16")]


def test_a_prompt_is_enough() -> None:
    assert make_spec(prompt="  a cat \n") == VideoSpec("a cat", DEFAULT_MODEL, duration=5)


@every_model
def test_each_model_takes_each_of_its_durations_and_sizes(model: VideoModel) -> None:
    for duration in model.durations:
        for size in model.sizes:
            spec = make_spec(prompt="a cat", model_id=model.id, duration=duration, size=size, enhance=True)
            assert (spec.model, spec.duration, spec.size, spec.enhance) == (model, duration, size, True)


@every_model
def test_a_missing_duration_becomes_the_shortest(model: VideoModel) -> None:
    assert make_spec(prompt="a cat", model_id=model.id).duration == min(model.durations)


@every_model
def test_a_prompt_as_long_as_allowed_is_taken_and_one_character_more_is_not(model: VideoModel) -> None:
    longest = "🐈" * model.prompt_limit
    assert make_spec(prompt=longest, model_id=model.id).prompt == longest
    with pytest.raises(InvalidRequest) as refusal:
        make_spec(prompt="x" * (model.prompt_limit + 1), model_id=model.id)
    assert str(refusal.value) == (
        f"{model.name} takes prompts of up to {model.prompt_limit} characters, "
        f"and this one has {model.prompt_limit + 1}. Nothing was spent."
    )


@pytest.mark.parametrize(
    ("model_id", "duration", "refusal"),
    [
        ("kling-3.0-pro", 8, "Kling 3.0 Pro makes videos of 5 or 10 seconds, not 8. Nothing was spent."),
        ("veo-3.1", 10, "Google Veo 3.1 makes videos of 4 or 8 seconds, not 10. Nothing was spent."),
        ("runway-gen-4.5", 4, "Runway Gen-4.5 makes videos of 5 or 10 seconds, not 4. Nothing was spent."),
        ("veo-3.1", 0, "Google Veo 3.1 makes videos of 4 or 8 seconds, not 0. Nothing was spent."),
    ],
)
def test_a_duration_of_another_model_is_refused(model_id: str, duration: int, refusal: str) -> None:
    with pytest.raises(InvalidRequest) as answer:
        make_spec(prompt="a cat", model_id=model_id, duration=duration)
    assert str(answer.value) == refusal


@every_model
def test_sound_is_refused_where_there_is_none(model: VideoModel) -> None:
    if model.has_audio:
        assert make_spec(prompt="a cat", model_id=model.id, audio=True).audio
        return
    with pytest.raises(InvalidRequest) as refusal:
        make_spec(prompt="a cat", model_id=model.id, audio=True)
    assert str(refusal.value) == (
        "Runway Gen-4.5 only makes silent videos. Leave the sound off, or choose another model. Nothing was spent."
    )


@pytest.mark.parametrize("prompt", UNSEEN)
def test_a_prompt_without_anything_to_see_is_refused(prompt: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        make_spec(prompt=prompt)
    assert str(refusal.value) == "The prompt is empty. Describe the video in a few words. Nothing was spent."


@pytest.mark.parametrize("prompt", SEEN)
def test_what_a_reader_sees_is_sent_as_it_was_written(prompt: str) -> None:
    assert make_spec(prompt=f" {prompt}\n\tline two ").prompt == f"{prompt}\n\tline two"


def test_what_is_dangerous_is_not_sent() -> None:
    assert make_spec(prompt="a\u202e \x00c\x1b[31mat\ud800\u2067").prompt == "a c[31mat"


def test_an_unknown_model_is_refused_without_repeating_all_that_was_typed() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        find_model("sora" + "!" * 500)
    assert str(refusal.value) == (
        f'There is no model called "sora{"!" * 46}". The models are Kling 3.0 Pro, Google Veo 3.1, Runway Gen-4.5. '
        "Nothing was spent."
    )
