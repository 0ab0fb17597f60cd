"""How long the bot's event loop is ever blocked while a community uses it, beside an idle loop on the same machine.

    python -m tests.bench.event_loop

Members ask for 40 videos within two seconds, half of them from pictures of 6 MB; every finished file has 8 MiB. What
the idle loop suffers is the machine's own noise; what the bot's loop suffers beyond it is ours. To reach: below 50 ms.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from sandbox.discord import Upload
from sandbox.powerpost import PaddedClips, TinyClips
from tests.e2e.product import PROJECT, OptionValue, Product, open_product

REQUESTS = 40
PAUSE = 0.05
FILE_SIZE = 8 * 2**20


async def measure(folder: Path) -> None:
    async with open_product(folder, render=PaddedClips(TinyClips(), size=FILE_SIZE)) as product:
        product.account.rate_limit = 6000
        picture = _noise()
        bot = await _started(product)
        control = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CONTROL, cwd=PROJECT, stdout=asyncio.subprocess.PIPE
        )
        await product.discord.wait_until_ready(timeout=30)
        bot.send_signal(signal.SIGUSR1)
        await asyncio.gather(*(_request(product, number, picture) for number in range(REQUESTS)))
        await product.until(lambda jobs: len(jobs) == REQUESTS and all(job.state.is_final for job in jobs))
        for name, process in (("bot ", bot), ("idle", control)):
            process.send_signal(signal.SIGTERM)
            output, _ = await process.communicate()
            print(name, output.decode().strip())  # noqa: T201  the result


_CONTROL = """
import asyncio, signal
from tests.bench.heartbeat import Heartbeat
async def main():
    stop, heartbeat = asyncio.Event(), Heartbeat()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    beating = asyncio.create_task(heartbeat.beat())
    await stop.wait()
    beating.cancel()
    print(heartbeat.in_words())
asyncio.run(main())
"""


async def _started(product: Product) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.bench.monitored_bot",
        env=product.environment(),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
    )


async def _request(product: Product, number: int, picture: bytes) -> None:
    member = product.guild.add_member(f"Member {number}")
    options: dict[str, OptionValue] = {"image": Upload("noise.png", picture, "image/png")} if number % 2 else {}
    await asyncio.sleep(number * PAUSE)
    use = await member.slash(product.channel, "video", opened_by_admin=False, prompt=f"Request {number}", **options)
    await use.first_response(timeout=3.0)


def _noise() -> bytes:
    file = io.BytesIO()
    Image.frombytes("RGB", (1600, 1250), os.urandom(1600 * 1250 * 3)).save(file, "PNG", compress_level=0)
    return file.getvalue()


def main() -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    main()
