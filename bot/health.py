"""What monitoring asks the process: `/healthz` (it runs), `/readyz` (it can serve), `/metrics` (for Prometheus).

On METRICS_ADDR; without it, on a free local port, for `videobot health`.
Nothing here reveals prompts, members or keys.
"""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from bot.domain.job import JobState
from bot.errors import MetricsUnavailable, StorageError

LONGEST_BODY = timedelta(seconds=1)
"""For a request's body, which is thrown away: nothing here reads one."""


class Health:
    """Answers for one process.

    `count_jobs` asks the database, `is_connected` says whether Discord's gateway is up, and `database_trouble` why the
    database takes no writes, if so.
    """

    def __init__(
        self,
        *,
        count_jobs: Callable[[], Awaitable[Mapping[JobState, int]]],
        is_connected: Callable[[], bool],
        database_trouble: Callable[[], str | None],
    ) -> None:
        self._count_jobs = count_jobs
        self._is_connected = is_connected
        self._database_trouble = database_trouble
        self._registry = CollectorRegistry()
        self._jobs = Gauge("videobot_jobs", "Jobs by state", ["state"], registry=self._registry)
        self._connected = Gauge("videobot_discord_connected", "1 while connected to Discord", registry=self._registry)

    @asynccontextmanager
    async def serving(self, address: str) -> AsyncIterator[str]:
        """Answer on `host:port` until the block ends; yields the address, with port 0 replaced by a free one.

        Raises `MetricsUnavailable` when nothing can listen there.
        """
        app = web.Application()
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        runner = web.AppRunner(app, access_log=None, lingering_time=LONGEST_BODY.total_seconds())
        await runner.setup()
        try:
            await _listen(runner, address)
            yield f"{host_and_port(address)[0]}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.Response(text="ok\n")

    async def _readyz(self, _request: web.Request) -> web.Response:
        missing = [] if self._is_connected() else ["not connected to Discord"]
        if (trouble := self._database_trouble()) is not None:
            missing.append(trouble)
        return web.Response(text="\n".join(missing or ["ok"]) + "\n", status=503 if missing else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        try:
            counts = await self._count_jobs()
        except StorageError as error:
            return web.Response(text=f"{error}\n", status=503)
        for state in JobState:
            self._jobs.labels(state.value).set(counts.get(state, 0))
        self._connected.set(self._is_connected())
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


async def _listen(runner: web.AppRunner, address: str) -> None:
    host, port = host_and_port(address)
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = "another program already listens there" if taken else f"it is not an address of this machine ({error})"
        raise MetricsUnavailable(
            f"METRICS_ADDR: {address} cannot be used, because {reason}. Choose another host:port, or leave it empty."
        ) from error


def host_and_port(address: str) -> tuple[str, int]:
    """The parts of METRICS_ADDR; an IPv6 address loses its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)
