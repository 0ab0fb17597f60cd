"""The bot as `videobot run` starts it, with a heartbeat on its event loop; prints the lags when it is stopped.

SIGUSR1 forgets what has been so far: the start, when nobody is waiting for an answer yet.
"""

from __future__ import annotations

import asyncio
import logging
import signal

from bot.app import run_bot
from bot.settings import load_settings
from tests.bench.heartbeat import Heartbeat


async def main() -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    heartbeat = Heartbeat()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, heartbeat.lags.clear)
    beating = asyncio.create_task(heartbeat.beat())
    await run_bot(load_settings(), stop)
    beating.cancel()
    print(heartbeat.in_words())  # noqa: T201  its result


if __name__ == "__main__":
    logging.basicConfig(level="WARNING")
    asyncio.run(main())
