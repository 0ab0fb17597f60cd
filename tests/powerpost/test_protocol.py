"""The protocol on the documentation's own examples, on refusals, and on anything else that could arrive."""

from __future__ import annotations

import json
import string
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.catalogue import Size
from bot.errors import (
    AccessForbidden,
    AccountEmpty,
    InsufficientScope,
    InvalidApiKey,
    NotFound,
    PowerPostError,
    PowerPostRefusal,
    PowerPostUnclear,
    RateLimited,
    ServerFault,
    StorageQuotaExceeded,
    UnreadableAnswer,
    UploadTooLarge,
    ValidationRefused,
)
from bot.powerpost import protocol
from bot.powerpost.faults import BY_CODE
from bot.powerpost.models import GenerateOrder, Status
from bot.powerpost.protocol import Access, Answer
from tests.powerpost.stage import ACCEPTED, GENERATION, KEY, WORKSPACE

ACCESS = Access(KEY, WORKSPACE)
ORDER = GenerateOrder(
    prompt="A golden retriever running through a field of wildflowers at sunset", duration=5, model="kling-3.0-pro"
)
ORDERING = protocol.order_video(ACCESS, ORDER)
NOON = datetime(2026, 3, 11, 12, 0, tzinfo=UTC)

ACCEPTED_PAGE = b"""{
"video_generation_id": "7a8b9c0d-e1f2-3456-abcd-ef7890123456",
"status": "processing",
"credits_used": 15,
"remaining_credits": 85,
"status_url": "/api/v1/videos/generations/7a8b9c0d-e1f2-3456-abcd-ef7890123456"
}"""
_COMMON = """
"prompt": "A golden retriever running...",
"size": "landscape",
"duration": 5,
"has_audio": false,
"model": "kling-3.0-pro",
"created_at": "2026-03-11T10:00:00Z\""""
PROCESSING_PAGE = ('{"video_generation_id": "7a8b9c0d-...", "status": "processing",' + _COMMON + "}").encode()
COMPLETED_PAGE = (
    '{"video_generation_id": "7a8b9c0d-...", "status": "completed",'
    + _COMMON
    + """,
"video": {
"media_id": "vid-001-abcd",
"url": "https://powerpost.ai/storage/videos/vid-001-abcd.mp4",
"thumbnail_url": "https://powerpost.ai/storage/thumbs/vid-001-abcd.jpg",
"width": 1920,
"height": 1080,
"duration": 5
}}"""
).encode()
FAILED_PAGE = (
    '{"video_generation_id": "7a8b9c0d-...", "status": "failed",'
    + _COMMON
    + """,
"error": {
"code": "VIDEO_GENERATION_FAILED",
"message": "Video generation timed out"
}}"""
).encode()
ASKING = protocol.ask_generation(ACCESS, "7a8b9c0d-...")


def answer(body: bytes | object, status: int = 200, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, raw, NOON)


def refusal(body: bytes | object, status: int, **headers: str) -> PowerPostError:
    with pytest.raises(PowerPostError) as caught:
        protocol.decipher(ORDERING, answer(body, status, **headers))
    return caught.value


def test_order_carries_every_documented_field() -> None:
    order = GenerateOrder(
        prompt="The dog starts running\ud83d and jumps",
        duration=8,
        model="veo-3.1",
        size=Size.PORTRAIT,
        has_audio=True,
        enhance_prompt=True,
        source_image="b2c3d4e5-f6a7-8901-bcde-f23456789012",
    )

    request = protocol.order_video(ACCESS, order)

    assert (request.method, request.path) == ("POST", "/videos/generate")
    assert request.headers["x-api-key"] == KEY
    assert request.headers["X-Workspace-Id"] == WORKSPACE
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {
        "prompt": "The dog starts running\ud83d and jumps",
        "size": "portrait",
        "duration": 8,
        "model": "veo-3.1",
        "has_audio": True,
        "enhance_prompt": True,
        "source_image": "b2c3d4e5-f6a7-8901-bcde-f23456789012",
    }


def test_order_without_an_image_does_not_mention_one() -> None:
    assert "source_image" not in json.loads(ORDERING.body)


def test_upload_is_a_form_with_the_type_and_the_file() -> None:
    request = protocol.upload_image(ACCESS, b"\x89PNG\r\n", filename='a "dog"\r\nX: y.png', content_type="image/png")

    assert b'name="type"\r\n\r\nimage\r\n' in request.body
    assert b'name="file"; filename="a _dog___X_ y.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n' in request.body
    assert request.body.endswith(request.headers["Content-Type"].partition("boundary=")[2].encode() + b"--\r\n")


def test_credits_are_asked_without_a_workspace() -> None:
    assert "X-Workspace-Id" not in protocol.ask_credits(ACCESS).headers


@pytest.mark.parametrize("odd", ["", "..", "a/b", "a?b", "ä", "a b", "x" * 300])
def test_generation_ids_that_fit_in_no_path_are_not_found(odd: str) -> None:
    with pytest.raises(NotFound):
        protocol.ask_generation(ACCESS, odd)


def test_keys_and_workspaces_that_fit_in_no_header_are_refused_without_being_shown() -> None:
    with pytest.raises(InvalidApiKey) as caught:
        Access("pp_live_sk_\r\nHost: elsewhere", WORKSPACE)
    assert "elsewhere" not in str(caught.value)
    with pytest.raises(AccessForbidden):
        Access(KEY, "")


def test_accepted_order_is_read_from_the_documented_page() -> None:
    accepted = protocol.decipher(ORDERING, answer(ACCEPTED_PAGE))

    assert accepted.id == GENERATION
    assert accepted.status is Status.PROCESSING
    assert (accepted.credits_used, accepted.remaining_credits) == (15, 85)


def test_processing_generation_is_read_from_the_documented_page() -> None:
    generation = protocol.decipher(ASKING, answer(PROCESSING_PAGE))

    assert generation.status is Status.PROCESSING
    assert generation.created_at == datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
    assert generation.video is None


def test_completed_generation_is_read_from_the_documented_page() -> None:
    generation = protocol.decipher(ASKING, answer(COMPLETED_PAGE))

    assert generation.status is Status.COMPLETED
    assert generation.video is not None
    assert generation.video.url == "https://powerpost.ai/storage/videos/vid-001-abcd.mp4"
    assert (generation.video.media_id, generation.video.width, generation.video.duration) == ("vid-001-abcd", 1920, 5)


def test_failed_generation_is_read_from_the_documented_page() -> None:
    generation = protocol.decipher(ASKING, answer(FAILED_PAGE))

    assert generation.status is Status.FAILED
    assert generation.error is not None
    assert (generation.error.code, generation.error.message) == (
        "VIDEO_GENERATION_FAILED",
        "Video generation timed out",
    )


@pytest.mark.parametrize("word", ["pending", "queued", "moderation-review", ""])
def test_a_status_that_is_no_end_counts_as_under_way_and_keeps_its_word(word: str) -> None:
    generation = protocol.decipher(ASKING, answer({"video_generation_id": "7a8b9c0d-...", "status": word}))

    assert generation.status in {Status.PENDING, Status.PROCESSING}
    assert generation.status_word == word


@pytest.mark.parametrize(
    "video", [None, {}, [], {"url": None}, {"url": "javascript:alert(1)"}, {"url": "/storage/a.mp4"}, {"media_id": "x"}]
)
def test_completed_without_a_usable_video_is_unreadable(video: object) -> None:
    with pytest.raises(UnreadableAnswer):
        protocol.decipher(
            ASKING, answer({"video_generation_id": "7a8b9c0d-...", "status": "completed", "video": video})
        )


def test_completed_with_only_a_link_is_enough() -> None:
    page = {
        "video_generation_id": "7a8b9c0d-...",
        "status": "COMPLETED",
        "video": {"url": "https://a.b/c", "width": -1},
    }

    video = protocol.decipher(ASKING, answer(page)).video

    assert video is not None
    assert (video.url, video.width, video.media_id) == ("https://a.b/c", None, None)


def test_another_generations_answer_is_unreadable() -> None:
    with pytest.raises(UnreadableAnswer):
        protocol.decipher(ASKING, answer({"video_generation_id": "somebody-elses", "status": "processing"}))


@pytest.mark.parametrize("odd", [-5, 10**30, "many", None, True, 7.5, [], {}])
def test_an_order_counts_as_accepted_even_if_its_price_makes_no_sense(odd: object) -> None:
    accepted = protocol.decipher(ORDERING, answer(ACCEPTED | {"credits_used": odd, "remaining_credits": odd}))

    assert accepted.id == GENERATION
    assert accepted.credits_used is None
    assert accepted.remaining_credits == (-5 if odd == -5 else None)


def test_an_overdrawn_account_has_a_balance_below_zero() -> None:
    assert protocol.decipher(protocol.ask_credits(ACCESS), answer({"balance": -3})).balance == -3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Welcome</html>",
        ACCEPTED_PAGE[:-20],
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 9000,
    ],
)
def test_a_success_that_cannot_be_read_is_unclear_and_says_nothing_of_its_content(body: bytes) -> None:
    error = refusal(body, 200, x_request_id="req-1")

    assert isinstance(error, UnreadableAnswer)
    assert error.facts.request_id == "req-1"
    assert "Welcome" not in str(error)


DOCUMENTED = [
    (400, "VALIDATION_ERROR", ValidationRefused),
    (401, "INVALID_API_KEY", InvalidApiKey),
    (402, "INSUFFICIENT_CREDITS", AccountEmpty),
    (403, "FORBIDDEN", AccessForbidden),
    (403, "INSUFFICIENT_SCOPE", InsufficientScope),
    (404, "NOT_FOUND", NotFound),
    (413, "FILE_TOO_LARGE", UploadTooLarge),
    (413, "STORAGE_QUOTA_EXCEEDED", StorageQuotaExceeded),
    (429, "RATE_LIMIT_EXCEEDED", RateLimited),
    (500, "INTERNAL_ERROR", ServerFault),
]


@pytest.mark.parametrize(("status", "code", "expected"), DOCUMENTED)
def test_every_documented_code_has_its_error(status: int, code: str, expected: type[PowerPostError]) -> None:
    error = refusal({"error": {"message": "Because.", "code": code}}, status, x_request_id="req-7")

    assert type(error) is expected
    assert (error.facts.status, error.facts.code, error.facts.message) == (status, code, "Because.")
    assert error.facts.request_id == "req-7"


def test_every_refusal_class_of_the_tree_has_a_code() -> None:
    assert set(BY_CODE.values()) == set(PowerPostRefusal.__subclasses__())


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 413, 418, 422, 429])
def test_an_unknown_code_in_a_signed_4xx_is_a_sure_refusal(status: int) -> None:
    assert isinstance(refusal({"error": {"message": "New.", "code": "BRAND_NEW"}}, status), PowerPostRefusal)
    assert isinstance(refusal({"error": "Just a sentence"}, status), PowerPostRefusal)


@pytest.mark.parametrize("status", [401, 403, 404, 405, 413, 414, 429, 431])
def test_a_page_from_a_proxy_is_sure_where_the_status_comes_before_any_work(status: int) -> None:
    error = refusal(b"<html>nginx</html>", status)

    assert isinstance(error, PowerPostRefusal)
    assert not isinstance(error, NotFound)


@pytest.mark.parametrize("status", [400, 402, 408, 409, 422, 425, 499, 302, 307, 500, 502, 503, 504, 0, 999])
def test_any_other_unsigned_answer_leaves_the_outcome_open(status: int) -> None:
    assert isinstance(refusal(b"<html>oops</html>", status), ServerFault)


def test_a_signed_408_leaves_the_outcome_open_too() -> None:
    assert isinstance(refusal({"error": {"message": "Upstream was slow", "code": "TIMEOUT"}}, 408), PowerPostUnclear)


def test_messages_are_one_bounded_line_without_the_key() -> None:
    error = refusal({"error": {"message": f"Bad \x1b[31mkey\n{KEY}\u202e" + "x" * 5000, "code": "FORBIDDEN"}}, 403)

    assert error.facts.message.startswith("Bad [31mkey (key) x")
    assert error.facts.message.isprintable()
    assert len(error.facts.message) <= 500


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({"error": {"code": "RATE_LIMIT_EXCEEDED", "retryAfter": 12}}, {"retry_after": "40"}, 12),
        ({"error": {"code": "RATE_LIMIT_EXCEEDED"}, "retryAfter": 13}, {}, 13),
        ({"error": {"code": "RATE_LIMIT_EXCEEDED", "retryAfter": -1}}, {"retry_after": "40"}, 40),
        (b"", {"retry_after": "Wed, 11 Mar 2026 09:00:30 GMT", "date": "Wed, 11 Mar 2026 09:00:00 GMT"}, 30),
        (b"", {"x_ratelimit_reset": "1773219625", "date": "Wed, 11 Mar 2026 09:00:00 GMT"}, 25),
        (b"", {"x_ratelimit_reset": str(int(NOON.timestamp()) + 9)}, 9),
        (b"", {"retry_after": "9" * 5000}, None),
        (b"", {"x_ratelimit_reset": "9999999999"}, None),
        (b"", {"x_ratelimit_reset": "-1", "retry_after": "soon"}, None),
        (b"", {}, None),
        ({"error": {"code": "RATE_LIMIT_EXCEEDED", "retryAfter": 1e8}}, {}, 86400),
    ],
)
def test_retry_time_comes_from_the_body_then_the_headers(
    body: object, headers: dict[str, str], seconds: float | None
) -> None:
    error = refusal(body, 429, **headers)

    assert isinstance(error, RateLimited)
    assert error.facts.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_requests_and_orders_do_not_show_secrets_or_prompts() -> None:
    for shown in (repr(ACCESS), repr(ORDERING), repr(ORDER), str(ORDER)):
        assert KEY not in shown
        assert "retriever" not in shown


HEADER_NAMES = ["retry-after", "x-ratelimit-limit", "x-ratelimit-reset", "x-request-id", "date"]
headers_of_any_kind = st.dictionaries(
    st.sampled_from(HEADER_NAMES), st.one_of(st.text(max_size=40), st.integers().map(str), st.text(string.digits))
)
json_of_any_kind: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["video_generation_id", "status", "video", "error", "url", "code", "message", "retryAfter"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)
bodies = st.one_of(st.binary(max_size=200), json_of_any_kind.map(lambda value: json.dumps(value).encode()))
REQUESTS: list[protocol.Request[Any]] = [
    ORDERING,
    ASKING,
    protocol.ask_credits(ACCESS),
    protocol.upload_image(ACCESS, b"", filename="", content_type=""),
]


@given(st.sampled_from(REQUESTS), st.integers(0, 1000), headers_of_any_kind, bodies)
def test_whatever_comes_is_a_value_or_a_powerpost_error(
    request: protocol.Request[Any], status: int, headers: dict[str, str], body: bytes
) -> None:
    outcome: object
    try:
        outcome = protocol.decipher(request, Answer(status, headers, body, NOON))
    except PowerPostError as error:
        outcome = error

    if isinstance(outcome, PowerPostError):
        assert len(outcome.facts.message) <= 500
        assert isinstance(outcome, PowerPostUnclear) or 400 <= status < 500
    else:
        assert isinstance(outcome, request.reads)
        assert 200 <= status < 300


@given(st.integers(0, 1000), bodies)
def test_nothing_counts_as_accepted_without_a_success_and_an_id(status: int, body: bytes) -> None:
    try:
        accepted = protocol.decipher(ORDERING, Answer(status, {}, body, NOON))
    except PowerPostError:
        return
    assert 200 <= status < 300
    assert json.loads(body)["video_generation_id"] == accepted.id != ""
