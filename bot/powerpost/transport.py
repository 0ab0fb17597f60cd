"""One request over aiohttp: sent once, its answer read within bounds, and every way to fail given a name.

There are two names, because a video is paid for when it is ordered. `PowerPostUnreachable` is only for requests that
cannot have left: no name, no connection, no TLS, no address. Anything else is `NoAnswer`.

By itself, aiohttp resends a request when the connection is lost (only for idempotent methods), and follows redirects.
Here it does neither, for any method (`_written_once`): a key's requests are counted.
"""

from __future__ import annotations

from datetime import timedelta

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError
from yarl import URL

from bot.clock import Clock
from bot.errors import AnswerFacts, NoAnswer, PowerPostError, PowerPostUnreachable
from bot.powerpost.protocol import Answer, Request, Value

CONNECT_TIMEOUT = timedelta(seconds=10)
LARGEST_BODY = 1024 * 1024
_CHUNK = 64 * 1024

NEVER_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ServerFingerprintMismatch,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.NonHttpUrlClientError,
)
"""aiohttp's errors that come before the first byte of a request (to a proxy: before the tunnel stands)."""

_FAILURES = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError)


def open_session() -> aiohttp.ClientSession:
    """A session for `Transport`; the caller closes it. Needs a running event loop.

    Connections are not kept. At about thirty requests per minute a handshake costs little, but an order written to a
    connection that the server has just closed would have an unknown outcome.
    """
    connector = aiohttp.TCPConnector(force_close=True, limit=100)
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


class Transport:
    """Sends requests to one base URL, for example `https://powerpost.ai/api/v1`."""

    def __init__(self, *, session: aiohttp.ClientSession, base_url: str, clock: Clock) -> None:
        self._session = session
        self._base_url = base_url.rstrip("/")
        self._clock = clock

    async def send(self, request: Request[Value], *, read_timeout: timedelta) -> Answer:
        """The answer, whatever its status, with at most `LARGEST_BODY` and a little more of its body.

        `read_timeout` bounds both the silence between two pieces and, with the time to connect, the whole.
        Raises `PowerPostUnreachable` or `NoAnswer`.
        """
        if self._session.closed:
            raise PowerPostUnreachable(AnswerFacts(message="The session is closed"))
        try:
            return await self._exchange(request, read_timeout)
        except _FAILURES as error:
            failure = name_failure(error)
        # Raised out here, so that it does not carry aiohttp's error: some of those hold the headers, key included.
        raise failure

    async def _exchange(self, request: Request[Value], read_timeout: timedelta) -> Answer:
        async with self._session.request(
            request.method,
            URL(self._base_url + request.path, encoded=True),
            headers=request.headers,
            data=request.body or None,
            timeout=aiohttp.ClientTimeout(
                total=(CONNECT_TIMEOUT + read_timeout).total_seconds(),
                connect=CONNECT_TIMEOUT.total_seconds(),
                sock_read=read_timeout.total_seconds(),
            ),
            allow_redirects=False,
            raise_for_status=False,
            middlewares=(_written_once,),
        ) as response:
            body = await _read_bounded(response)
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Answer(response.status, headers, body, self._clock.now())


def name_failure(error: BaseException) -> PowerPostError:
    """The product's name for an error of aiohttp's or of the operating system's, without its contents."""
    words = str(error) if isinstance(error, _ConnectionLost) else type(error).__name__
    if isinstance(error, NEVER_SENT) and not isinstance(error, aiohttp.RedirectClientError):
        return PowerPostUnreachable(AnswerFacts(message=f"PowerPost cannot be reached ({words})"))
    return NoAnswer(AnswerFacts(message=f"PowerPost gave no complete answer ({words})"))


class _ConnectionLost(aiohttp.ClientError):
    """A lost connection, under a name that does not make aiohttp write the request again."""


async def _written_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """A middleware around one writing of a request. https://docs.aiohttp.org/en/stable/client_middleware_cookbook.html"""
    try:
        return await handler(request)
    except NEVER_SENT:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _ConnectionLost(type(error).__name__) from None


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    """The body, cut off once it is larger than any answer of the API can be: `decipher` then finds it unreadable."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > LARGEST_BODY:
            break
    return bytes(body)
