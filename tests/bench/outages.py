"""How soon all is well again after an outage of what the bot stands on, with the real process and six jobs in progress.

    python -m tests.bench.outages [NAME …]

Each outage begins with six jobs: one completed, unconfirmed, delivering, processing, submitting and queued. Videos
finish during it. The clock starts when the outage is over, and stops when `/readyz` answers 200, every job is over (or
honestly unconfirmed), its message shows that, and the bot's books agree with PowerPost's: see `reckoning.differences`.

The full disk is a file system of its own, which takes the right to mount one: root, or `unshare -rm python -m …`.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

import aiohttp

from bot.domain.job import JobState
from sandbox.discord import EdgeAnswer
from sandbox.powerpost import PaddedClips, TinyClips
from sandbox.powerpost.faults import Answer, HangBefore, ResetAfter, SlowTrickle
from storage.database.migrate import upgrade
from tests.e2e.product import Product, open_product
from tests.faults.reckoning import a_prompt, differences, ordered_twice
from tests.postgres import Server

ORDER = "POST /videos/generate"
FILE = "GET /storage/videos/{media_id}.mp4"
POWERPOST = (ORDER, FILE, "GET /videos/generations/{id}", "GET /account/credits", "POST /media/upload")

FILE_SIZE = 64 * 1024
DOWNLOAD = SlowTrickle(pause=timedelta(seconds=1), piece=4096)
ANSWER_TO_ORDER = HangBefore(timedelta(seconds=8))
VIDEOS_FINISH_AFTER = 10.0
"""Seconds into the outage: the download and the order that were on their way have ended by then, or soon will."""

AT_REST_WITHIN = 300.0
LOOK_EVERY = 0.2

Step = Callable[[Product], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outage:
    """What goes wrong, and how it ends; `seconds` is how long it lasts."""

    seconds: float
    begin: Step
    end: Step


@dataclass(frozen=True, slots=True)
class Figures:
    """What one outage came to. `log` is in bytes, from its beginning until all was at rest."""

    seconds: float
    ready_after: float
    at_rest_after: float
    jobs: str
    orders: int
    twice: int
    log: int


@contextmanager
def full_disk(folder: Path) -> Iterator[tuple[str, Outage]]:
    """The database and DATA_DIR are on a disk without a byte left."""
    disk = folder / "disk"
    subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk], check=True)
    ballast = disk / "ballast"

    async def fill(_: Product) -> None:
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    async def make_room(_: Product) -> None:
        ballast.unlink()

    try:
        yield _sqlite(folder), Outage(60, fill, make_room)
    finally:
        subprocess.run(["/bin/umount", disk], check=True)


@contextmanager
def stopped_postgresql(folder: Path) -> Iterator[tuple[str, Outage]]:
    home = folder / "postgresql"
    home.mkdir()
    for path in (folder, home):
        path.chmod(0o755)
    server = Server(home)

    async def stop(_: Product) -> None:
        await asyncio.to_thread(server.stop)

    async def start(_: Product) -> None:
        await asyncio.to_thread(server.start)

    try:
        yield server.url, Outage(75, stop, start)
    finally:
        server.stop()


@contextmanager
def deleted_file(folder: Path) -> Iterator[tuple[str, Outage]]:
    """The SQLite file is gone, and then the same file is put back."""

    async def delete(_: Product) -> None:
        _file(folder).rename(folder / "away.db")

    async def put_back(_: Product) -> None:
        (folder / "away.db").rename(_file(folder))

    yield _sqlite(folder), Outage(30, delete, put_back)


@contextmanager
def deleted_file_and_restart(folder: Path) -> Iterator[tuple[str, Outage]]:
    """The bot is stopped meanwhile, does not start without the file, and starts when that is back."""
    with deleted_file(folder) as (url, outage):

        async def restart(product: Product) -> None:
            assert await product.stop_bot() == 0
            await product.launch()
            assert await product.exit_code() == 1
            await outage.end(product)
            await product.launch()

        yield url, Outage(outage.seconds, outage.begin, restart)


@contextmanager
def refusing_discord(folder: Path) -> Iterator[tuple[str, Outage]]:
    """Discord's edge answers every request with 403 and code 40333."""

    async def refuse(product: Product) -> None:
        product.discord.faults.edge(EdgeAnswer.INTERNAL_NETWORK_ERROR, times=None)

    async def serve(product: Product) -> None:
        product.discord.faults.clear()

    yield _sqlite(folder), Outage(60, refuse, serve)


@contextmanager
def failing_powerpost(folder: Path) -> Iterator[tuple[str, Outage]]:
    """PowerPost answers everything with 503; four more videos are requested meanwhile."""

    async def fail(product: Product) -> None:
        for route in POWERPOST:
            product.powerpost.faults.add(route, Answer(503), times=None)
        for number in range(7, 11):
            await product.video(a_prompt(number))

    async def serve(product: Product) -> None:
        product.powerpost.faults.clear()

    yield _sqlite(folder), Outage(120, fail, serve)


OUTAGES: Mapping[str, Callable[[Path], AbstractContextManager[tuple[str, Outage]]]] = {
    "full-disk": full_disk,
    "postgresql-stopped": stopped_postgresql,
    "file-deleted": deleted_file,
    "file-deleted-restart": deleted_file_and_restart,
    "discord-refuses": refusing_discord,
    "powerpost-503": failing_powerpost,
}


async def measure(product: Product, outage: Outage) -> Figures:
    port = int(product.settings["METRICS_ADDR"].rpartition(":")[2])
    await product.start_bot()
    await _begin_six_jobs(product)
    logged, began = len(product.log), time.monotonic()
    await outage.begin(product)
    await asyncio.sleep(VIDEOS_FINISH_AFTER)
    product.powerpost.production.release()
    await asyncio.sleep(max(0.0, began + outage.seconds - time.monotonic()))
    await outage.end(product)
    ended = time.monotonic()
    ready_after = await _until(lambda: _is_ready(port)) - ended
    at_rest_after = await _until(lambda: _is_well(product)) - ended
    states = sorted(job.state.value for job in await product.jobs())
    return Figures(
        seconds=ended - began,
        ready_after=ready_after,
        at_rest_after=at_rest_after,
        jobs=", ".join(f"{len(list(same))} {state}" for state, same in itertools.groupby(states)),
        orders=product.orders,
        twice=len(list(ordered_twice(product))),
        log=len(product.log) - logged,
    )


async def _begin_six_jobs(product: Product) -> None:
    """One after the other, each as far as it is to come before the outage."""
    faults, production = product.powerpost.faults, product.powerpost.production
    await _request(product, 1, JobState.COMPLETED)
    faults.add(ORDER, ResetAfter())
    await _request(product, 2, JobState.UNCONFIRMED)
    trickle = faults.add(FILE, DOWNLOAD)
    await _request(product, 3, JobState.DELIVERING)
    await product.powerpost.wait_for(lambda: trickle.applied)
    production.hold()
    await _request(product, 4, JobState.PROCESSING)
    faults.add(ORDER, ANSWER_TO_ORDER)
    await _request(product, 5, JobState.SUBMITTING)
    await _request(product, 6, JobState.QUEUED)


async def _request(product: Product, number: int, state: JobState) -> None:
    await product.video(a_prompt(number))
    await product.until(lambda jobs: len(jobs) == number and jobs[-1].state is state)


async def _until(wanted: Callable[[], Awaitable[bool]]) -> float:
    """The time when it was so."""
    async with asyncio.timeout(AT_REST_WITHIN):
        while not await wanted():  # noqa: ASYNC110  another process's doing: no event tells
            await asyncio.sleep(LOOK_EVERY)
    return time.monotonic()


async def _is_ready(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


async def _is_well(product: Product) -> bool:
    return await differences(product) == []


@asynccontextmanager
async def _scene(name: str) -> AsyncIterator[tuple[Product, Outage]]:
    """A product whose database and DATA_DIR are in the folder `disk`."""
    with TemporaryDirectory(prefix="videobot-outage-") as path:
        folder = Path(path)
        (folder / "disk").mkdir()
        with OUTAGES[name](folder) as (url, outage):
            await upgrade(url)
            render = PaddedClips(TinyClips(), size=FILE_SIZE)
            async with open_product(folder, render=render, database_url=url) as product:
                product.settings |= {"METRICS_ADDR": f"127.0.0.1:{_free_port()}", "DATA_DIR": f"{folder}/disk/data"}
                yield product, outage


def _file(folder: Path) -> Path:
    return folder / "disk" / "videobot.db"


def _sqlite(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{_file(folder)}"


def _free_port() -> int:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def main(names: list[str]) -> None:
    print("outage                lasted  ready after  at rest after  orders  twice      log  jobs")  # noqa: T201  the result
    for name in names or OUTAGES:
        async with _scene(name) as (product, outage):
            found = await measure(product, outage)
        print(  # noqa: T201  the result
            f"{name:20}{found.seconds:6.0f} s{found.ready_after:11.1f} s{found.at_rest_after:13.1f} s"
            f"{found.orders:8}{found.twice:7}{found.log / 1000:6.1f} kB  {found.jobs}",
            flush=True,
        )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
