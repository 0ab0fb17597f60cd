"""Signals that stop the process, also where asyncio cannot listen to them (Windows)."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bot.app.signals import stop_on_signals

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOPPING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.signals._end_after", lambda _: None)


@pytest.mark.usefixtures("no_timer")
@pytest.mark.parametrize("number", STOPPING)
@pytest.mark.parametrize("is_windows", [False, True])
async def test_each_of_them_means_stop(number: signal.Signals, *, is_windows: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    with pytest.MonkeyPatch.context() as patch:
        if is_windows:
            patch.setattr(loop, "add_signal_handler", _not_there)
        stop_on_signals(stop)

    os.kill(os.getpid(), number)

    async with asyncio.timeout(5):
        await stop.wait()
    for other in STOPPING:
        loop.remove_signal_handler(other)


@pytest.mark.usefixtures("no_timer")
async def test_nohup_is_respected() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop_on_signals(asyncio.Event())
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_a_stop_that_hangs_is_cut_off() -> None:
    hanging = (
        "import asyncio, time\nfrom datetime import timedelta\nfrom bot.app.signals import stop_on_signals\n"
        "async def main():\n    stop_on_signals(asyncio.Event(), timedelta(seconds=0.2))\n    print('up', flush=True)\n"
        "    await asyncio.sleep(0.5)\n    time.sleep(60)\nasyncio.run(main())"
    )
    with subprocess.Popen([sys.executable, "-c", hanging], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.terminate()
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert b"The stop took too long" in errors


def _not_there(*_: object) -> None:
    raise NotImplementedError
