"""Options that enlarge the fault suite for a long run by hand; the defaults suit every change.

pytest -m faults --kills 1000 --fault-seed 7          (test_kills.py)
pytest -m faults --failpoints all                     (test_failpoints.py)
pytest -m faults --machine-runs 1000                  (test_state_machine.py)
"""

from __future__ import annotations

import random

import pytest

KILLS = 20
MACHINE_RUNS = 8


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults", "the fault suite")
    group.addoption("--kills", type=int, default=KILLS, help="how often the bot's process is killed")
    group.addoption("--kills-postgresql", type=int, default=None, help="the same on PostgreSQL; a quarter by default")
    group.addoption("--fault-seed", type=int, default=None, help="repeats the random choices of an earlier run")
    group.addoption("--failpoints", choices=("some", "all"), default="some", help="how many to combine with faults")
    group.addoption("--machine-runs", type=int, default=MACHINE_RUNS, help="runs of the state machine, of 50 steps")


@pytest.fixture(scope="session")
def fault_seed(request: pytest.FixtureRequest) -> int:
    """The seed of random choices; a failing test prints it, and `--fault-seed` sets it."""
    given: int | None = request.config.getoption("--fault-seed")
    return random.SystemRandom().randrange(10**6) if given is None else given
