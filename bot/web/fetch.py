"""Reading a file from the web within bounds: only from allowed addresses, only up to a number of bytes.

`bot.web.addresses` says which addresses are allowed; each of at most three redirects is checked against it too.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bot.errors import FetchBroken, FetchFailed, FetchForbidden, FetchTooLarge, HostNotPublic
from bot.web.addresses import NotPublic, PublicResolver, Reachable

_log = logging.getLogger(__name__)

CHUNK = 64 * 1024
MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


class Fetched:
    """An answer whose body has not been read yet; names in `headers` are lower case."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}

    async def chunks(self, *, most_bytes: int) -> AsyncIterator[bytes]:
        """The body in pieces of at most 64 KiB. Raises `FetchTooLarge` beyond `most_bytes`, `FetchBroken`."""
        if (self._response.content_length or 0) > most_bytes:
            raise FetchTooLarge(f"The file has more than {most_bytes} bytes", status=self.status)
        received = 0
        pieces = self._response.content.iter_chunked(CHUNK)
        while chunk := await self._next(pieces):
            received += len(chunk)
            if received > most_bytes:
                raise FetchTooLarge(f"The file has more than {most_bytes} bytes", status=self.status)
            yield chunk

    async def _next(self, pieces: AsyncIterator[bytes]) -> bytes:
        try:
            return await anext(pieces, b"")
        except (aiohttp.ClientError, OSError) as error:
            raise FetchBroken(f"The connection did not hold ({type(error).__name__})", status=self.status) from None


class Fetcher:
    """Reads files from `reachable` addresses. An async context manager: it owns the connections that it checks.

    `idle` bounds each silence; the caller bounds the total time, since only it knows the size. `on_private_name` is
    called for each allowed host whose name leads to a private address: only the operator can fix that.
    """

    def __init__(
        self,
        *,
        reachable: Reachable,
        idle: timedelta = timedelta(seconds=30),
        connect: timedelta = timedelta(seconds=10),
        resolver: AbstractResolver | None = None,
        on_private_name: Callable[[str], None] = lambda _host: None,
    ) -> None:
        self._reachable = reachable
        self._timeout = aiohttp.ClientTimeout(connect=connect.total_seconds(), sock_read=idle.total_seconds())
        self._resolver = resolver
        self._on_private_name = on_private_name
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        guard = PublicResolver(self._resolver or aiohttp.ThreadedResolver(), reachable=self._reachable)
        connector = aiohttp.TCPConnector(resolver=guard, force_close=True, use_dns_cache=False)
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def read(self, address: str, *, most_bytes: int, total: timedelta) -> bytes:
        """A whole small file, in at most `total`. Raises `FetchFailed`, with the status, for any answer but 200."""
        body = bytearray()
        try:
            async with asyncio.timeout(total.total_seconds()), self.open(address) as answer:
                if answer.status != 200:
                    raise FetchFailed(f"The host answered HTTP {answer.status}", status=answer.status)
                async for chunk in answer.chunks(most_bytes=most_bytes):
                    body += chunk
        except TimeoutError:
            raise FetchBroken("Reading took too long") from None
        return bytes(body)

    @asynccontextmanager
    async def open(self, address: str, *, headers: Mapping[str, str] | None = None) -> AsyncIterator[Fetched]:
        """The answer from `address`, whatever its status, after at most three redirects.

        Raises `FetchForbidden` (including `HostNotPublic`), `FetchBroken`, or `FetchFailed` for endless redirects.
        """
        url = self._reachable.check(address)
        for _ in range(MOST_REDIRECTS + 1):
            response = await self._request(url, headers or {})
            try:
                if response.status not in _REDIRECTS:
                    yield Fetched(response)
                    return
                url = self._next_address(url, response)
            finally:
                response.close()
        raise FetchFailed(f"More than {MOST_REDIRECTS} redirects")

    async def _request(self, url: URL, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("Enter the Fetcher first")
        try:
            return await self._session.get(url, headers=headers, allow_redirects=False, timeout=self._timeout)
        except (aiohttp.ClientError, OSError) as error:
            if isinstance(error, aiohttp.ClientConnectorDNSError) and isinstance(error.os_error, NotPublic):
                raise self._misled(url.raw_host or "") from None
            raise FetchBroken(f"No connection ({type(error).__name__})") from None

    def _misled(self, host: str) -> HostNotPublic:
        _log.warning("A file's host resolves to a private address", extra={"action": "private_name", "host": host})
        self._on_private_name(host)
        return HostNotPublic("The host's name resolves to a private address, which is not asked")

    def _next_address(self, url: URL, response: aiohttp.ClientResponse) -> URL:
        try:
            target = url.join(URL(response.headers.get("Location", ""), encoded=True))
        except ValueError:
            raise FetchForbidden("A redirect to no web address") from None
        return self._reachable.check(str(target))
