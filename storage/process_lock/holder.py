"""Who works on a database, as far as is known."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that works on a database; a fact that could not be read is None."""

    host: str | None = None
    pid: int | None = None
    since: datetime | None = None

    @classmethod
    def myself(cls) -> Self:
        """This process, from now on."""
        return cls(platform.node(), os.getpid(), datetime.now(UTC))

    def __str__(self) -> str:
        who = "a process" if self.pid is None else f"process {self.pid}"
        where = "" if self.host is None else f" on host {self.host}"
        since = "" if self.since is None else f", since {self.since:%Y-%m-%d %H:%M} UTC"
        return f"{who}{where}{since}"
