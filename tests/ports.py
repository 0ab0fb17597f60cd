"""Ports of this machine that nobody listens on."""

from __future__ import annotations

import itertools
import os
import socket

FIRST, MANY = 10_000, 20_000
"""Below those that systems hand out for port 0: a port that is free now is not given to another test's server."""

_numbers = itertools.count(os.getpid() * 101)


def free_port() -> int:
    """One that was not named before in this process, and that tests in other processes begin far away from."""
    while True:
        port = FIRST + next(_numbers) % MANY
        with socket.socket() as asked:
            try:
                asked.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
