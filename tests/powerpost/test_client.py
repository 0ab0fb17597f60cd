"""The client on a real socket: what it sends, how often, and what its callers get when things go wrong."""

from __future__ import annotations

import asyncio
import io
import logging
import traceback
from datetime import timedelta
from email import message_from_bytes

import aiohttp
import pytest
from aiohttp import client_exceptions, web
from multidict import CIMultiDict, CIMultiDictProxy
from pydantic import SecretStr
from yarl import URL

from bot.errors import (
    InvalidApiKey,
    NoAnswer,
    NotFound,
    PowerPostError,
    PowerPostUnreachable,
    RateLimited,
    ServerFault,
    UnreadableAnswer,
)
from bot.powerpost import protocol
from bot.powerpost.client import PowerPostClient
from bot.powerpost.models import GenerateOrder, Status
from bot.powerpost.protocol import Access, Endpoint
from bot.powerpost.transport import LARGEST_BODY, NEVER_SENT, Transport, name_failure
from tests.ports import free_port
from tests.powerpost.stage import (
    ACCEPTED,
    GENERATION,
    KEY,
    WORKSPACE,
    FakeClock,
    Stage,
    hangs_up,
    refuses,
    says,
    writes,
)

ORDER = GenerateOrder(prompt="A lighthouse in fog", duration=5, model="kling-3.0-pro")
PROCESSING = {"video_generation_id": GENERATION, "status": "processing"}


async def test_generate_sends_the_order_and_reads_the_price(client: PowerPostClient, stage: Stage) -> None:
    stage.will(says(ACCEPTED))

    accepted = await client.generate(ORDER)

    assert (accepted.id, accepted.credits_used, accepted.remaining_credits) == (GENERATION, 15, 85)
    method, path, headers, body = stage.requests[0]
    assert (method, path) == ("POST", "/api/v1/videos/generate")
    assert (headers["x-api-key"], headers["X-Workspace-Id"]) == (KEY, WORKSPACE)
    assert b"A lighthouse in fog" in body


async def test_generation_and_credits_are_read(client: PowerPostClient, stage: Stage) -> None:
    stage.will(says(PROCESSING), says({"balance": 47}))

    assert (await client.generation(GENERATION)).status is Status.PROCESSING
    assert await client.credits() == 47
    assert [path for _, path, _, _ in stage.requests] == [
        f"/api/v1/videos/generations/{GENERATION}",
        "/api/v1/account/credits",
    ]


async def test_upload_arrives_as_a_form_that_a_server_can_read(client: PowerPostClient, stage: Stage) -> None:
    stage.will(says({"media_id": "img-1", "type": "image"}))

    uploaded = await client.upload_image(b"\x89PNG" * 1000, filename="dog.png", content_type="image/png")

    assert uploaded.media_id == "img-1"
    _, path, headers, body = stage.requests[0]
    form = message_from_bytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
    _, kind, file = form.walk()
    assert path == "/api/v1/media/upload"
    assert kind.get_param("name", header="content-disposition") == "type"
    assert kind.get_payload() == "image"
    assert (file.get_param("name", header="content-disposition"), file.get_filename()) == ("file", "dog.png")
    assert (file.get_content_type(), file.get_payload(decode=True)) == ("image/png", b"\x89PNG" * 1000)


@pytest.mark.parametrize("failing", [hangs_up, refuses(500, "INTERNAL_ERROR"), writes(b"<html>"), refuses(429, "X")])
async def test_an_order_is_written_once_whatever_happens(
    client: PowerPostClient, stage: Stage, failing: object
) -> None:
    stage.will(failing)  # type: ignore[arg-type]  # all of them are handlers; pytest passes objects

    with pytest.raises(PowerPostError):
        await client.generate(ORDER)

    assert len(stage.requests) == 1


async def test_an_order_on_a_kept_connection_that_dies_is_not_written_again(stage: Stage, clock: FakeClock) -> None:
    """Even a caller's own session, which does keep connections, sends the order a single time."""
    stage.will(says({"balance": 1}), hangs_up, says(ACCEPTED))
    async with aiohttp.ClientSession() as keeping:
        client = PowerPostClient(
            session=keeping, base_url=stage.base_url, api_key=SecretStr(KEY), workspace_id=WORKSPACE, clock=clock
        )
        await client.credits()

        with pytest.raises(NoAnswer):
            await client.generate(ORDER)

    assert [method for method, *_ in stage.requests] == ["GET", "POST"]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(client: PowerPostClient, stage: Stage, status: int) -> None:
    stage.will(writes(b"", status, Location=stage.url("/elsewhere")), says(ACCEPTED))

    with pytest.raises(ServerFault):
        await client.generate(ORDER)

    assert len(stage.requests) == 1


async def test_reads_are_tried_three_times_with_growing_pauses(
    client: PowerPostClient, stage: Stage, clock: FakeClock
) -> None:
    stage.will(hangs_up, refuses(503, "INTERNAL_ERROR"), says(PROCESSING))

    await client.generation(GENERATION)

    assert clock.slept == [timedelta(seconds=0.5), timedelta(seconds=1)]


async def test_aiohttp_does_not_read_again_behind_the_back_of_the_limits(
    stage: Stage, session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    stage.will(hangs_up)
    transport = Transport(session=session, base_url=stage.base_url, clock=clock)

    with pytest.raises(NoAnswer, match=r"ServerDisconnectedError|ClientOSError"):
        await transport.send(protocol.ask_credits(Access(KEY, WORKSPACE)), read_timeout=timedelta(seconds=5))

    assert len(stage.requests) == 1


async def test_reads_give_up_after_three_tries(client: PowerPostClient, stage: Stage) -> None:
    stage.will(refuses(500, "INTERNAL_ERROR"))

    with pytest.raises(ServerFault):
        await client.credits()

    assert len(stage.requests) == 3


async def test_a_server_that_asks_for_a_long_pause_is_left_to_the_caller(client: PowerPostClient, stage: Stage) -> None:
    stage.will(refuses(503, "INTERNAL_ERROR", Retry_After="120"))

    with pytest.raises(ServerFault) as caught:
        await client.credits()

    assert caught.value.facts.retry_after == timedelta(seconds=120)
    assert len(stage.requests) == 1


async def test_refusals_are_not_tried_again(client: PowerPostClient, stage: Stage) -> None:
    stage.will(refuses(404, "NOT_FOUND", X_Request_Id="req-9"))

    with pytest.raises(NotFound) as caught:
        await client.generation(GENERATION)

    assert caught.value.facts.request_id == "req-9"
    assert len(stage.requests) == 1


async def test_a_429_is_raised_at_once_and_remembered(client: PowerPostClient, stage: Stage, clock: FakeClock) -> None:
    stage.will(says({"error": {"code": "RATE_LIMIT_EXCEEDED", "message": "Slow down", "retryAfter": 12}}, 429))

    with pytest.raises(RateLimited) as caught:
        await client.generation(GENERATION)

    assert caught.value.facts.retry_after == timedelta(seconds=12)
    assert len(stage.requests) == 1
    assert client.pacing.wait(Endpoint.GENERATE, clock.monotonic()) >= timedelta(seconds=12)


async def test_limits_are_learned_from_every_answer(client: PowerPostClient, stage: Stage) -> None:
    stage.will(says(PROCESSING, X_RateLimit_Limit="600", X_RateLimit_Remaining="599"))

    await client.generation(GENERATION)

    assert client.pacing.limit(Endpoint.GENERATION) == 600


async def test_an_upload_that_did_not_arrive_is_tried_once_more(
    session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    client = PowerPostClient(
        session=session, base_url=nobody(), api_key=KEY, workspace_id=WORKSPACE, clock=clock, jitter=lambda: 0.0
    )

    with pytest.raises(PowerPostUnreachable):
        await client.upload_image(b"\x89PNG", filename="a.png", content_type="image/png")

    assert clock.slept == [timedelta(seconds=0.25)]


async def test_an_upload_of_unknown_outcome_is_not_tried_again(client: PowerPostClient, stage: Stage) -> None:
    stage.will(hangs_up)

    with pytest.raises(NoAnswer):
        await client.upload_image(b"\x89PNG", filename="a.png", content_type="image/png")

    assert len(stage.requests) == 1


async def test_a_refused_connection_and_an_unknown_name_are_sure(
    session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    for base_url in (nobody(), "https://powerpost.invalid/api/v1"):
        client = PowerPostClient(session=session, base_url=base_url, api_key=KEY, workspace_id=WORKSPACE, clock=clock)
        with pytest.raises(PowerPostUnreachable):
            await client.generate(ORDER)


async def test_a_server_that_speaks_no_tls_is_sure(
    stage: Stage, session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    secure = stage.base_url.replace("http://", "https://")
    client = PowerPostClient(session=session, base_url=secure, api_key=KEY, workspace_id=WORKSPACE, clock=clock)

    with pytest.raises(PowerPostUnreachable):
        await client.generate(ORDER)

    assert stage.requests == []


async def test_silence_and_a_dripping_answer_end_as_no_answer(
    stage: Stage, session: aiohttp.ClientSession, clock: FakeClock
) -> None:
    over = asyncio.Event()

    async def stay_silent(_: web.Request) -> web.StreamResponse:
        await over.wait()
        return web.Response()

    stage.will(stay_silent)
    transport = Transport(session=session, base_url=stage.base_url, clock=clock)

    with pytest.raises(NoAnswer):
        await transport.send(protocol.order_video(Access(KEY, WORKSPACE), ORDER), read_timeout=timedelta(seconds=0.05))
    over.set()


async def test_an_answer_that_is_cut_off_is_no_answer(client: PowerPostClient, stage: Stage) -> None:
    async def cut_off(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "500"})
        await response.prepare(request)
        await response.write(b'{"video_generation_id": ')
        assert request.transport is not None
        request.transport.abort()
        return response

    stage.will(cut_off)

    with pytest.raises(NoAnswer):
        await client.generate(ORDER)


async def test_an_endless_answer_is_read_up_to_the_bound(client: PowerPostClient, stage: Stage) -> None:
    stage.will(writes(b'{"video_generation_id": "' + b"x" * (3 * LARGEST_BODY) + b'"}'))

    with pytest.raises(UnreadableAnswer):
        await client.generate(ORDER)


async def test_a_cancelled_order_stays_cancelled_and_frees_its_place(client: PowerPostClient, stage: Stage) -> None:
    arrived, over = asyncio.Event(), asyncio.Event()

    async def stay_silent(_: web.Request) -> web.StreamResponse:
        arrived.set()
        await over.wait()
        return web.Response()

    stage.will(stay_silent)
    task = asyncio.ensure_future(client.generate(ORDER))
    async with asyncio.timeout(30):
        await arrived.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    over.set()
    assert client.pacing.wait(Endpoint.GENERATE, 1061.0) == timedelta()


async def test_a_closed_session_is_a_sure_failure(
    stage: Stage, session: aiohttp.ClientSession, client: PowerPostClient
) -> None:
    await session.close()

    with pytest.raises(PowerPostUnreachable):
        await client.generate(ORDER)


def test_a_malformed_key_is_refused_before_anything_is_sent(session: aiohttp.ClientSession, clock: FakeClock) -> None:
    with pytest.raises(InvalidApiKey):
        PowerPostClient(session=session, base_url="http://x", api_key="a\nb", workspace_id=WORKSPACE, clock=clock)


@pytest.mark.parametrize(
    "failing", [hangs_up, writes(b"\x00garbage"), refuses(401, "INVALID_API_KEY", f"Key {KEY} is unknown")]
)
async def test_the_key_is_in_no_repr_log_error_or_traceback(
    client: PowerPostClient, stage: Stage, failing: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    stage.will(failing)  # type: ignore[arg-type]  # all of them are handlers; pytest passes objects

    with pytest.raises(PowerPostError) as caught:
        await client.generate(ORDER)

    told = io.StringIO()
    traceback.print_exception(caught.value, file=told)
    logged = [str(vars(record)) for record in caplog.records if record.name.startswith("bot.")]
    for text in (told.getvalue(), repr(caught.value), repr(caught.value.facts), repr(client), *logged):
        assert KEY not in text
        assert "lighthouse" not in text
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_each_call_is_logged_in_one_line(
    client: PowerPostClient, stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="bot.powerpost")
    stage.will(says(ACCEPTED, X_Request_Id="req-3"), hangs_up)

    await client.generate(ORDER)
    with pytest.raises(NoAnswer):
        await client.generate(ORDER)

    good, bad = (vars(record) for record in caplog.records)
    assert (good["action"], good["endpoint"], good["status"]) == ("powerpost_call", "videos/generate", 200)
    assert (good["request_id"], good["error"], good["seconds"]) == ("req-3", None, 0.0)
    assert (bad["status"], bad["error"]) == (None, "NoAnswer")


def every_client_error() -> list[type[BaseException]]:
    """All of aiohttp's errors, the unlisted ones as well."""
    found: list[type[BaseException]] = [client_exceptions.ClientError]
    for known in found:
        found.extend(kind for kind in known.__subclasses__() if kind not in found)
    return [kind for kind in found if kind.__module__.startswith("aiohttp")]


SURE = {
    "ClientConnectorError",
    "ClientConnectorDNSError",
    "ClientProxyConnectionError",
    "UnixClientConnectorError",
    "ClientSSLError",
    "ClientConnectorSSLError",
    "ClientConnectorCertificateError",
    "ConnectionTimeoutError",
    "ServerFingerprintMismatch",
    "ClientHttpProxyError",
    "InvalidURL",
    "InvalidUrlClientError",
    "NonHttpUrlClientError",
}


@pytest.mark.parametrize("kind", every_client_error(), ids=lambda kind: kind.__name__)
def test_every_error_of_aiohttp_has_a_name(kind: type[BaseException]) -> None:
    failure = name_failure(kind.__new__(kind))

    assert type(failure) is (PowerPostUnreachable if kind.__name__ in SURE else NoAnswer)


def test_the_list_of_sure_errors_covers_what_aiohttp_offers() -> None:
    assert {kind.__name__ for kind in every_client_error() if issubclass(kind, NEVER_SENT)} >= SURE
    exported = {name for name in client_exceptions.__all__ if name != "WSMessageTypeError"}
    assert exported <= {kind.__name__ for kind in every_client_error()}


@pytest.mark.parametrize("error", [TimeoutError(), OSError(5, "I/O"), ConnectionResetError(), BrokenPipeError()])
def test_errors_of_the_system_after_connecting_leave_the_outcome_open(error: OSError) -> None:
    assert type(name_failure(error)) is NoAnswer


def test_an_error_of_aiohttp_that_holds_the_headers_is_not_carried_along() -> None:
    headers = CIMultiDictProxy(CIMultiDict({"x-api-key": KEY}))
    info = aiohttp.RequestInfo(URL("https://powerpost.ai"), "POST", headers, URL("https://powerpost.ai"))

    failure = name_failure(aiohttp.ClientResponseError(info, (), status=400, message=KEY))

    assert KEY not in repr(failure) + repr(failure.facts)


def nobody() -> str:
    """A base URL at which nobody listens."""
    return f"http://127.0.0.1:{free_port()}/api/v1"
