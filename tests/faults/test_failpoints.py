"""Dying before and after every commit and every request, alone and together with whatever PowerPost may do wrong.

The failpoints are found, not listed: a first run of the story says which commits and requests there are.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.databases import Databases, SqliteFiles
from tests.faults.failpoints import Failpoint, failpoints
from tests.faults.seams import committing_functions
from tests.faults.story import Ending, InTurn, play
from tests.faults.troubles import NO_TROUBLE, TROUBLES, Trouble

pytestmark = pytest.mark.faults

AT_ONCE = 4
ON_POSTGRESQL = 6
WITH_EACH_TROUBLE = 1

NOT_IN_THE_STORY = {
    "LedgerStore.grant": "an operator's command, one transaction",
    "LedgerStore.revoke": "an operator's command, one transaction",
    "GuildStore.mark_left": "a note that no wish depends on",
    "QuotaStore.*": "an admin's rules, which no wish changes",
    "OptionStore.*": "an admin's settings, which no wish changes",
    "WorkspaceStore.*": "an admin's link, which no wish changes",
    "SpendingSwitch.*": "an operator's command, one transaction",
    "AuditStore.*": "a note that no wish depends on",
    "ErasureStore.*": "a member's or an operator's command, one transaction",
    "PurchaseStore.credit": "no wish's; one transaction that is safe to repeat (tests/storage/test_purchases.py)",
}
"""Commits that a wish on its way does not cross, each with the reason why dying there needs no test here."""


@pytest.fixture
def some(request: pytest.FixtureRequest, fault_seed: int) -> random.Random | None:
    """What chooses failpoints, or None when all of them are wanted."""
    if request.config.getoption("--failpoints") == "all":
        return None
    print(f"--fault-seed {fault_seed}")  # noqa: T201  pytest shows it with a failure
    return random.Random(f"{fault_seed} {request.node.name}")


async def test_dying_before_and_after_every_commit_and_every_request_loses_nothing(
    tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    await _die_everywhere(tmp_path, sqlite_files, NO_TROUBLE)


async def test_dying_on_postgresql_loses_nothing(
    tmp_path: Path, postgres_databases: Databases, some: random.Random | None
) -> None:
    await _die_everywhere(tmp_path, postgres_databases, NO_TROUBLE, some, at_most=ON_POSTGRESQL)


@pytest.mark.parametrize("trouble", TROUBLES, ids=str)
async def test_dying_while_there_is_trouble_loses_nothing(
    trouble: Trouble, tmp_path: Path, sqlite_files: SqliteFiles, some: random.Random | None
) -> None:
    await _die_everywhere(tmp_path, sqlite_files, trouble, some, at_most=WITH_EACH_TROUBLE)


async def test_every_function_that_commits_is_in_the_story_or_known_not_to_be(
    tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    recorded = await play(tmp_path / "recorded", sqlite_files, NO_TROUBLE)

    names = [name.removeprefix("commit ") for name in recorded.crossed if name.startswith("commit ")]
    crossed = {name.split(" for ")[0] for name in names}
    known = {name for name in committing_functions() if any(fnmatchcase(name, path) for path in NOT_IN_THE_STORY)}
    assert committing_functions() == crossed | known


async def _die_everywhere(
    folder: Path, databases: Databases, trouble: Trouble, some: random.Random | None = None, at_most: int = 0
) -> None:
    """Play the story once undisturbed, then once for each failpoint that was found, or for some of them."""
    databases = InTurn(databases)
    recorded = await play(folder / "recorded", databases, trouble)
    assert recorded.differences == []
    found = failpoints(recorded.crossed)
    fatal = found if some is None else some.sample(found, min(at_most, len(found)))
    endings = await _die_at(fatal, folder, databases, trouble)
    wrong = {str(point): ending.differences for point, ending in endings.items() if ending.differences}
    assert wrong == {}
    assert [str(point) for point, ending in endings.items() if not ending.died and point.number == 1] == []


async def _die_at(
    fatal: Sequence[Failpoint], folder: Path, databases: Databases, trouble: Trouble
) -> dict[Failpoint, Ending]:
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int, failpoint: Failpoint) -> Ending:
        async with room:
            try:
                return await play(folder / str(number), databases, trouble, failpoint)
            except TimeoutError as error:
                return Ending((), died=True, differences=[f"it never came to rest: {error}"])

    endings = await asyncio.gather(*(one(number, failpoint) for number, failpoint in enumerate(fatal)))
    return dict(zip(fatal, endings, strict=True))
