"""What admins may set: every option's values as they are written, stored and said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.domain.catalogue import find_model
from bot.domain.identifiers import ChannelId, RoleId
from bot.domain.options import OPTIONS, AtOnce, CompletionMention, GuildOptions, Option, changed, find_option
from bot.errors import InvalidSetting

WRITTEN: dict[str, tuple[str, object, object, str]] = {
    "allowed_channels": ("<#20>, 10", frozenset({10, 20}), ["10", "20"], "<#10> and <#20>"),
    "allowed_roles": ("<@&7>", frozenset({7}), ["7"], "<@&7>"),
    "blocked_members": ("<@!5> 6", frozenset({5, 6}), ["5", "6"], "<@5> and <@6>"),
    "default_model": ("Veo-3.1", "veo-3.1", "veo-3.1", "Google Veo 3.1"),
    "allowed_models": (
        "veo-3.1, runway-gen-4.5",
        frozenset({"veo-3.1", "runway-gen-4.5"}),
        ["runway-gen-4.5", "veo-3.1"],
        "Runway Gen-4.5 and Google Veo 3.1",
    ),
    "longest_duration": ("8", 8, 8, "8 seconds"),
    "sound_allowed": ("no", False, False, "not allowed"),
    "confirm_from": ("1,500", 1500, 1500, "1,500 credits"),
    "jobs_per_member": ("2", 2, 2, "2"),
    "jobs_per_server": ("10", 10, 10, "10"),
    "blocked_words": ("Zebra, Crème brûlée\nzebra", ("creme brulee", "zebra"), ["creme brulee", "zebra"], ""),
    "log_channel": ("<#9>", 9, "9", "<#9>"),
    "completion_mention": ("direct", CompletionMention.DIRECT, "direct", "a direct message"),
}


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_value_is_read_as_people_write_it_and_comes_back_from_storage_as_it_was(option: Option) -> None:
    written, value, stored, words = WRITTEN[option.name]

    assert option.kind.parse(written) == value
    assert option.kind.encode(value) == stored
    assert option.kind.decode(json.loads(json.dumps(option.kind.encode(value)))) == value
    assert option.kind.in_words(value) == (words or "creme brulee and zebra")


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_a_default_survives_storage_and_has_words(option: Option) -> None:

    stored = json.loads(json.dumps(option.kind.encode(option.default)))

    assert option.kind.decode(stored) == option.default == getattr(GuildOptions(), option.name)
    assert option.kind.in_words(option.default)
    assert option.help.endswith(".")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("allowed_channels", "#videos", "channel ids"),
        ("allowed_roles", "0", "role ids"),
        ("blocked_members", str(2**63), "member ids"),
        ("blocked_members", " ".join(map(str, range(1, 502))), "up to 500"),
        ("default_model", "sora", "kling-3.0-pro or veo-3.1"),
        ("allowed_models", "veo-3.1, sora", "one or more of"),
        ("longest_duration", "7", "none or 4 or 5 or 8 or 10"),
        ("sound_allowed", "maybe", "yes or no"),
        ("confirm_from", "-1", "a whole number from 1 to 1,000,000"),
        ("jobs_per_member", "1001", "from 1 to 1,000"),
        ("blocked_words", "x" * 51, "up to 50 letters"),
        ("blocked_words", "...", "a word needs a letter"),
        ("log_channel", "1 2", "the id of a channel"),
        ("completion_mention", "loud", "here or direct or off"),
    ],
)
def test_what_an_option_does_not_take_is_refused_with_what_it_takes(name: str, text: str, words: str) -> None:
    with pytest.raises(InvalidSetting, match="Nothing was changed") as refused:
        find_option(name).kind.parse(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "name",
    [
        "allowed_channels",
        "allowed_roles",
        "blocked_members",
        "allowed_models",
        "longest_duration",
        "confirm_from",
        "jobs_per_member",
        "jobs_per_server",
        "blocked_words",
        "log_channel",
    ],
)
def test_none_is_a_word_that_every_option_which_can_be_empty_takes(name: str) -> None:
    option = find_option(name)
    assert option.kind.parse("none") == option.default


def test_an_unknown_option_is_refused_with_the_names_of_all() -> None:
    with pytest.raises(InvalidSetting, match="The settings are allowed_channels"):
        find_option("colour")


def test_a_long_list_is_named_in_part_and_counted() -> None:
    words = find_option("allowed_channels").kind.in_words(frozenset(ChannelId(number) for number in range(1, 501)))
    assert words.endswith("<#10> and 490 more")


def test_the_models_on_offer_follow_the_rules() -> None:
    four_seconds = GuildOptions(longest_duration=4)
    assert [model.id for model in four_seconds.models] == ["veo-3.1"]
    assert four_seconds.model_by_default.id == "veo-3.1"
    assert four_seconds.durations_of(find_model("veo-3.1")) == (4,)
    assert GuildOptions(default_model="runway-gen-4.5").model_by_default.id == "runway-gen-4.5"
    assert GuildOptions(allowed_models=frozenset({"withdrawn"})).models == ()


def test_a_change_that_leaves_no_video_to_make_is_refused() -> None:
    kling_only = changed(GuildOptions(), find_option("allowed_models"), frozenset({"kling-3.0-pro"}))
    with pytest.raises(InvalidSetting, match="no video could be made at all"):
        changed(kling_only, find_option("longest_duration"), 4)
    assert changed(kling_only, find_option("longest_duration"), 5) == replace(kling_only, longest_duration=5)


def test_limits_at_once_are_told_together() -> None:
    assert GuildOptions(jobs_per_member=1, allowed_roles=frozenset({RoleId(1)})).at_once == AtOnce(member=1, server=0)
