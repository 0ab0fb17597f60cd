"""The stand-in itself: builds the parts, serves them on a local port, and stops them."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from sandbox.changes import PATIENCE, Changes
from sandbox.clock import Clock, MovableClock
from sandbox.powerpost.access import Access
from sandbox.powerpost.accounts import ALL_SCOPES, Account
from sandbox.powerpost.api import API_PREFIX, Api
from sandbox.powerpost.faults import FaultPlan
from sandbox.powerpost.ledger import Ledger
from sandbox.powerpost.middleware import Middlewares
from sandbox.powerpost.production import Production
from sandbox.powerpost.rate_limit import DEFAULT_LIMIT, RateLimiter
from sandbox.powerpost.records import Generation, ReceivedRequest, Upload
from sandbox.powerpost.render import FullClips, Renderer
from sandbox.powerpost.signing import LINK_LIFE, LinkSigner
from sandbox.powerpost.storage import Storage

T = TypeVar("T")

HOST = "127.0.0.1"

LARGEST_BODY = 16 * 1024 * 1024
"""Bytes of a request that is not an upload; uploads have their own limit."""


class PowerPostSandbox:
    """A PowerPost API on a local port, open for as long as the context lasts.

        async with PowerPostSandbox(render=TinyClips(), generation_time=timedelta(0)) as powerpost:
            account = powerpost.add_account(credits=100)
            ...  # a client works against powerpost.base_url with account.api_key and account.workspace_id
            generation = await powerpost.wait_for(lambda: powerpost.generations)
            assert powerpost.ledger.discrepancies() == []

    `render` makes the clips, in worker threads. `clock` is for orders, links and rate limits; hanging and trickling
    faults and `wait_for` use real time. `generation_time` is from order to completion, of which the generation is
    pending for `pending_time`. `link_life` is how long signed links are valid.

    `production` holds, releases and fails generations; `faults` makes requests fail; `ledger` has accounts and totals.
    """

    def __init__(
        self,
        *,
        render: Renderer | None = None,
        clock: Clock | None = None,
        generation_time: timedelta = timedelta(seconds=3),
        pending_time: timedelta = timedelta(0),
        link_life: timedelta = LINK_LIFE,
        port: int = 0,
    ) -> None:
        self._files = tempfile.TemporaryDirectory(prefix="powerpost-")
        self._port = port
        self._closing = asyncio.Event()
        self._changes = Changes()
        self._clock = clock or MovableClock()
        self.faults = FaultPlan()
        self.links = LinkSigner(secret=secrets.token_bytes(32), clock=self._clock, life=link_life)
        self.ledger = Ledger(clock=self._clock, changes=self._changes)
        self.production = Production(
            ledger=self.ledger,
            clock=self._clock,
            render=render or FullClips(),
            directory=self._directory("clips"),
            generation_time=generation_time,
            pending_time=pending_time,
        )
        self._runner = self._build()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def start(self) -> None:
        """Start listening; only now is `base_url` known."""
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, self._port).start()
        self._port = self._runner.addresses[0][1]
        self.production.start()

    async def close(self) -> None:
        """Release hanging requests, stop listening and delete all files."""
        self._closing.set()
        await self._runner.cleanup()
        await self.production.close()
        await asyncio.to_thread(self._files.cleanup)

    @property
    def origin(self) -> str:
        """`http://127.0.0.1:<port>`, the start of storage links."""
        return f"http://{HOST}:{self._port}"

    @property
    def base_url(self) -> str:
        """The API's base, as in `POWERPOST_BASE_URL`."""
        return self.origin + API_PREFIX

    @property
    def generations(self) -> list[Generation]:
        """Every order that was charged, in order of arrival, with its current status."""
        self.production.advance()
        return self.ledger.generations

    @property
    def uploads(self) -> list[Upload]:
        """Every image that was accepted."""
        return self.ledger.uploads

    @property
    def requests(self) -> list[ReceivedRequest]:
        """Every request that arrived, API and storage."""
        return self.ledger.requests

    def add_account(
        self,
        *,
        credits: int = 100,  # noqa: A002 - the vendor's word
        rate_limit: int = DEFAULT_LIMIT,
        scopes: Collection[str] = ALL_SCOPES,
    ) -> Account:
        """A new customer with one workspace and one key."""
        account = Account(rate_limit=rate_limit, scopes=frozenset(scopes))
        self.ledger.accounts.append(account)
        self.ledger.grant(account, credits)
        return account

    async def wait_for(self, look: Callable[[], T | None], *, timeout: float = PATIENCE) -> T:
        """The first truthy value of `look`, called now and after every change. Raises TimeoutError."""
        return await self._changes.wait_for(look, timeout=timeout)

    def _directory(self, name: str) -> Path:
        directory = Path(self._files.name) / name
        directory.mkdir()
        return directory

    def _build(self) -> web.AppRunner:
        limiter = RateLimiter(clock=self._clock)
        access = Access(ledger=self.ledger, limiter=limiter)
        api = Api(
            access=access,
            ledger=self.ledger,
            production=self.production,
            clock=self._clock,
            uploads=self._directory("uploads"),
            link=lambda path: self.origin + self.links.sign(path),
        )
        storage = Storage(ledger=self.ledger, production=self.production, signer=self.links)
        routes = [*api.routes(), *storage.routes()]
        app = web.Application(client_max_size=LARGEST_BODY)
        app.add_routes(routes)
        self.faults.accept_only([f"{route.method} {route.path.removeprefix(API_PREFIX)}" for route in routes])
        middlewares = Middlewares(
            access=access,
            ledger=self.ledger,
            changes=self._changes,
            clock=self._clock,
            faults=self.faults,
            limiter=limiter,
            closing=self._closing,
        )
        middlewares.install(app)
        return web.AppRunner(app, access_log=None, shutdown_timeout=1)
