"""Where a bot without METRICS_ADDR answers `videobot health`: a free local port, named in a file in DATA_DIR.

The file has the machine's name, so that containers that share a folder do not ask each other. One that a killed bot
left behind names a port where nobody answers, which is true.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ANY_PORT: Final = "127.0.0.1:0"


def health_file(folder: Path) -> Path:
    """The file of a bot on this machine."""
    return folder / f"health-{re.sub(r'[^A-Za-z0-9.-]', '_', socket.gethostname())}"


@contextmanager
def announced(folder: Path, address: str) -> Iterator[None]:
    """Name the address in the folder until the block ends."""
    file = health_file(folder)
    file.write_text(f"{address}\n", "ascii")
    try:
        yield
    finally:
        if announced_address(folder) == address:  # otherwise another bot has taken over
            file.unlink(missing_ok=True)


def announced_address(folder: Path) -> str | None:
    """The `host:port` that a bot on this machine has announced; None when none has."""
    try:
        found = health_file(folder).read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return None
    return found if re.fullmatch(r"127\.0\.0\.1:\d{1,5}", found) else None
