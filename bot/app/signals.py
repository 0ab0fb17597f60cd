"""What tells the process to stop: SIGINT (Ctrl-C), SIGTERM, SIGHUP, and SIGBREAK (Ctrl-Break) on Windows."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from datetime import timedelta
from typing import Final

from bot.app.running import STOP_WITHIN

_log = logging.getLogger(__name__)

_NAMES: Final = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")


def stop_on_signals(stop: asyncio.Event, within: timedelta = STOP_WITHIN) -> None:
    """Set `stop` at the first signal; if the process is not gone `within` that time, end it at once.

    SIGHUP stays ignored where `nohup` ignores it.
    """
    loop = asyncio.get_running_loop()

    def begin() -> None:
        if not stop.is_set():
            stop.set()
            _end_after(within)

    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        try:
            loop.add_signal_handler(number, begin)
        except NotImplementedError:  # Windows: https://docs.python.org/3/library/asyncio-platforms.html#windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(begin))


def _end_after(time: timedelta) -> None:
    timer = threading.Timer(time.total_seconds(), _end)
    timer.daemon = True
    timer.start()


def _end() -> None:
    _log.critical("The stop took too long and is cut off; the next start continues unfinished work")
    os._exit(1)
