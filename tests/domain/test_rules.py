"""A server's rules: what they refuse, and in which words."""

from __future__ import annotations

import time
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.blocked_words import as_kept, blocked_word_in, words_of
from bot.domain.identifiers import ChannelId, GuildId, InteractionId, RoleId, UserId
from bot.domain.options import AtOnce, GuildOptions, find_option
from bot.domain.request import VideoRequest, make_spec
from bot.domain.rules import InProgress, refusal, too_many
from bot.errors import InvalidSetting

ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
GUILD, CHANNEL, MEMBER, ROLE = GuildId(1), ChannelId(2), UserId(3), RoleId(4)


def a_request(prompt: str = "a cat", **spec: object) -> VideoRequest:
    wanted = make_spec(prompt=prompt, **spec)  # type: ignore[arg-type]  # a test's own words
    return VideoRequest(GUILD, CHANNEL, MEMBER, InteractionId(5), wanted, role_ids=frozenset({ROLE}))


def words(request: VideoRequest, options: GuildOptions) -> str:
    refused = refusal(request, options)
    return "" if refused is None else str(refused)


def test_without_rules_everything_is_allowed() -> None:
    assert refusal(a_request(model_id="veo-3.1", duration=8, audio=True), GuildOptions()) is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            GuildOptions(allowed_channels=frozenset({ChannelId(10), ChannelId(11)})),
            "You can make videos only in <#10> and <#11>. Nothing was spent.",
        ),
        (
            GuildOptions(allowed_roles=frozenset({RoleId(12)})),
            "You need one of these roles to make videos: <@&12>. Nothing was spent.",
        ),
        (
            GuildOptions(blocked_members=frozenset({MEMBER})),
            "The admins of this server have blocked you from making videos. Nothing was spent.",
        ),
        (
            GuildOptions(allowed_models=frozenset({"veo-3.1"})),
            "This server does not use Kling 3.0 Pro. Its model is Google Veo 3.1. Nothing was spent.",
        ),
        (
            GuildOptions(allowed_models=frozenset({"veo-3.1", "runway-gen-4.5"})),
            (
                "This server does not use Kling 3.0 Pro. Its models are Google Veo 3.1 and Runway Gen-4.5. "
                "Nothing was spent."
            ),
        ),
        (
            GuildOptions(allowed_models=frozenset({"withdrawn"})),
            (
                "This server does not use Kling 3.0 Pro. An admin has to choose its models again in `/settings`. "
                "Nothing was spent."
            ),
        ),
        (
            GuildOptions(longest_duration=8),
            "Videos can be up to 8 seconds here, not 10. Kling 3.0 Pro can make 5 seconds. Nothing was spent.",
        ),
        (
            GuildOptions(longest_duration=4),
            (
                "Videos can be up to 4 seconds here, not 10. Kling 3.0 Pro only makes longer ones. Its model is "
                "Google Veo 3.1. Nothing was spent."
            ),
        ),
        (
            GuildOptions(sound_allowed=False),
            "This server allows only silent videos. Leave the sound off. Nothing was spent.",
        ),
        (
            GuildOptions(blocked_words=("cat",)),
            'This server does not allow the word "cat" in prompts. Nothing was spent.',
        ),
    ],
)
def test_a_refusal_names_what_is_allowed(options: GuildOptions, expected: str) -> None:
    assert words(a_request("a CAT", duration=10, audio=True), options) == expected


def test_a_channel_stands_for_its_threads() -> None:
    options = GuildOptions(allowed_channels=frozenset({ChannelId(10)}))
    assert refusal(replace(a_request(), channel_id=ChannelId(99), parent_channel_id=ChannelId(10)), options) is None


def test_the_role_everyone_is_everyones() -> None:
    assert refusal(a_request(), GuildOptions(allowed_roles=frozenset({RoleId(GUILD)}))) is None


def test_one_of_the_roles_is_enough() -> None:
    assert refusal(a_request(), GuildOptions(allowed_roles=frozenset({RoleId(99), ROLE}))) is None


@pytest.mark.parametrize("prompt", ["NAÏVE art", "so naive!", "na\u00adive", "nai\u0308ve", "x-naive_y", "ＮＡＩＶＥ"])
def test_a_blocked_word_is_found_whatever_its_case_accents_and_disguise(prompt: str) -> None:
    assert blocked_word_in(prompt, ("naive",)) == "naive"


@pytest.mark.parametrize("prompt", ["naively", "a nai ve", "unnaive", ""])
def test_a_part_of_a_word_is_not_the_word(prompt: str) -> None:
    assert blocked_word_in(prompt, ("naive",)) is None


def test_phrases_and_scripts_without_spaces_are_found() -> None:
    assert blocked_word_in("the Eiffel-Tower at night", ("eiffel tower",)) == "eiffel tower"
    assert blocked_word_in("一只可爱的猫在跑", (" ".join(words_of("猫")),)) == "猫"
    assert blocked_word_in("Straße", (" ".join(words_of("STRASSE")),)) == "strasse"


@pytest.mark.parametrize(
    ("blocked", "prompt"),
    [
        ("काला", "एक काला कुत्ता"),
        ("ばか", "ばかな犬"),
        ("ネコ", "ﾈｺの絵"),
        ("黑猫", "一只黑猫在跑"),
        ("แมว", "แมวดำ"),
        ("cat", "c\u3164at"),
        ("cat", "c\u200b\u034fa\ufe0f\u2060t"),
        ("cat", "c\u20e3a\u0336t"),
        ("cat", "the cat's hat"),
        ("cat", "dog.cat"),
        ("ﬁre", "FIRE"),
        ("SIĞIR", "sığır"),
        ("sığır", "SIĞIR"),
        ("İstanbul", "istanbul"),
        ("кот", "ко\u0301т"),
        ("سلام", "سَـــلَام"),
        ("eiffel tower", "Eiffel ★ Tower"),
        ("🖕", "a🖕b"),
        ("🖕", "🖕🏽"),
        ("🖕🏽", "🖕"),
        ("🖕", "🖕\u200d🐈"),
        ("❤️", "❤"),
        ("1️⃣", "1\u20e3"),
        ("👨\u200d👩\u200d👧", "our 👨\u200d👩\u200d👧 at home"),
        ("🇩🇪", "a🇩🇪b"),
        (ENGLAND, f"a {ENGLAND}"),
        ("\U0001fae9", "so tired\U0001fae9"),
        ("big 🐈", "a BIG 🐈!"),
    ],
)
def test_a_word_is_found_in_every_script_and_behind_every_disguise(blocked: str, prompt: str) -> None:
    [kept] = find_option("blocked_words").kind.parse(blocked)

    assert blocked_word_in(prompt, (kept,)) == kept


@pytest.mark.parametrize(
    ("blocked", "prompt"),
    [
        ("काला", "एक काली बिल्ली"),
        ("काला", "कालापन"),
        ("ばか", "はかない夢"),
        ("テスト", "コンテスト"),
        ("мой", "мои"),
        ("cat", "category c at"),
        ("🇩🇪", "🇫🇩🇪🇺"),
        (ENGLAND, "🏴"),
        ("🏴", ENGLAND),
        ("👩", "👨"),
    ],
)
def test_what_only_looks_alike_is_another_word(blocked: str, prompt: str) -> None:
    [kept] = find_option("blocked_words").kind.parse(blocked)

    assert blocked_word_in(prompt, (kept,)) is None


@pytest.mark.parametrize("text", ["+++", "cat, +++", "$\ncat", "..."])
def test_a_word_that_could_never_be_found_is_not_dropped_silently(text: str) -> None:
    with pytest.raises(InvalidSetting, match="can never be found: a word needs a letter, a digit or an emoji"):
        find_option("blocked_words").kind.parse(text)


@pytest.mark.parametrize("unit", ["a", "ﷺ", "\u0301", "a\u0301", "👨\u200d", "黑", "a.b_", "\U0001f3f4", "क्", "🇩"])
def test_no_prompt_takes_longer_than_its_length(unit: str) -> None:
    """Ten times the text takes about ten times as long; a hundred times would be quadratic."""
    short, long = _seconds_for(unit * (3_000 // len(unit))), _seconds_for(unit * (30_000 // len(unit)))

    assert long < 40 * short + 0.05


def _seconds_for(text: str) -> float:
    """The best of three, in time of this process alone, whatever else the machine does."""
    taken = []
    for _ in range(3):
        before = time.process_time()
        blocked_word_in(text, ("cat",))
        taken.append(time.process_time() - before)
    return min(taken)


@given(st.text())
def test_a_word_is_kept_as_one_that_finds_the_same(text: str) -> None:
    assert words_of(as_kept(text)) == words_of(text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_word_is_found_wherever_it_stands(before: str, after: str) -> None:
    assert blocked_word_in(f"{before} naive {after}", ("naive",)) == "naive"


@given(st.text())
def test_words_are_the_same_however_the_text_is_composed(text: str) -> None:
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    ("now", "allowed", "expected"),
    [
        (InProgress(5, 9), AtOnce(), None),
        (InProgress(1, 1), AtOnce(member=2, server=2), None),
        (
            InProgress(1, 3),
            AtOnce(member=1),
            (
                "You have 1 video in progress, and 1 at once is allowed here. Wait until one is ready. "
                "Nothing was spent."
            ),
        ),
        (
            InProgress(0, 3),
            AtOnce(member=1, server=3),
            (
                "This server has 3 videos in progress, and 3 at once are allowed here. Wait until one is ready. "
                "Nothing was spent."
            ),
        ),
    ],
)
def test_videos_at_once_are_limited_for_the_member_and_for_the_server(
    now: InProgress, allowed: AtOnce, expected: str | None
) -> None:
    refused = too_many(now, allowed)
    assert (refused and str(refused)) == expected
