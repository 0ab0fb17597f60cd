"""Dying before and after every commit and every request, alone and combined with whatever PowerPost may do wrong.

The failpoints are found, not listed: a first run of the story shows which commits and requests there are.
"""

from __future__ import annotations

import asyncio
import random
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.databases import Databases, SqliteFiles
from tests.faults.failpoints import Failpoint, failpoints
from tests.faults.seams import committing_functions
from tests.faults.story import Ending, InTurn, play
from tests.faults.troubles import NO_TROUBLE, TROUBLES, Trouble

pytestmark = pytest.mark.faults

AT_ONCE = 5
ON_POSTGRESQL = 6
WITH_EACH_TROUBLE = 1

NOT_IN_THE_STORY = {
    "LedgerStore.grant": "an operator's command, one transaction",
    "LedgerStore.revoke": "an operator's command, one transaction",
    "GuildStore.mark_left": "a note that no request depends on",
    "NameStore.keep": "what operators read beside ids, which no request depends on",
    "QuotaStore.*": "an admin's rules, which no request changes",
    "OptionStore.*": "an admin's settings, which no request changes",
    "WorkspaceStore.*": "an admin's link, which no request changes",
    "JobStore.mark_trouble": "a note for messages, which the next step of the loop makes good",
    "PriceStore.put": "an operator's command, one transaction",
    "WaitStore.*": "notes that only make a wait end later when they are lost (tests/services/loops/test_patience.py)",
    "SpendingSwitch.*": "an operator's command, one transaction",
    "AuditStore.*": "a note that no request depends on",
    "ErasureStore.*": "a member's or an operator's command, one transaction",
    "PurchaseStore.keep_place": "a mark from which purchases are listed again, which no request crosses",
    "PurchaseStore.credit": "no request's; one transaction that is safe to repeat (tests/storage/test_purchases.py)",
}
"""Commits that a request does not cross, each with the reason why dying there needs no test here."""


@pytest.fixture
def some(request: pytest.FixtureRequest, fault_seed: int) -> int | None:
    """The seed for choosing failpoints, or None for all of them."""
    if request.config.getoption("--failpoints") == "all":
        return None
    print(f"--fault-seed {fault_seed}")  # noqa: T201  pytest shows it with a failure
    return fault_seed


async def test_dying_before_and_after_every_commit_and_every_request_loses_nothing(
    tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    assert await Dying(tmp_path, sqlite_files).everywhere(NO_TROUBLE) == []


async def test_dying_on_postgresql_loses_nothing(
    tmp_path: Path, postgres_databases: Databases, some: int | None
) -> None:
    assert await Dying(tmp_path, postgres_databases).everywhere(NO_TROUBLE, some, at_most=ON_POSTGRESQL) == []


async def test_dying_while_there_is_trouble_loses_nothing(
    tmp_path: Path, sqlite_files: SqliteFiles, some: int | None
) -> None:
    dying = Dying(tmp_path, sqlite_files)

    wrong = await asyncio.gather(*(dying.everywhere(trouble, some, at_most=WITH_EACH_TROUBLE) for trouble in TROUBLES))

    assert [line for lines in wrong for line in lines] == []


async def test_every_function_that_commits_is_in_the_story_or_known_not_to_be(
    tmp_path: Path, sqlite_files: SqliteFiles
) -> None:
    recorded = await play(tmp_path / "recorded", sqlite_files, NO_TROUBLE)

    names = [name.removeprefix("commit ") for name in recorded.crossed if name.startswith("commit ")]
    crossed = {name.split(" for ")[0] for name in names}
    known = {name for name in committing_functions() if any(fnmatchcase(name, path) for path in NOT_IN_THE_STORY)}
    assert committing_functions() == crossed | known


class Dying:
    """Plays several stories at a time, because most of a story is waiting."""

    def __init__(self, folder: Path, databases: Databases) -> None:
        self._folder = folder
        self._databases = InTurn(databases)
        self._room = asyncio.Semaphore(AT_ONCE)

    async def everywhere(self, trouble: Trouble, some: int | None = None, at_most: int = 0) -> list[str]:
        """Play the story once undisturbed, then once for each failpoint found, or for some; returns what was wrong."""
        recorded = await self._play(trouble, None)
        found = failpoints(recorded.crossed)
        fatal = found if some is None else random.Random(f"{some} {trouble}").sample(found, min(at_most, len(found)))
        endings = await asyncio.gather(*(self._play(trouble, failpoint) for failpoint in fatal))
        played = [(failpoint, ending) for failpoint, ending in zip(fatal, endings, strict=True)]
        return [
            *(f"{trouble}: {line}" for line in recorded.differences),
            *(f"{trouble}, {point}: {line}" for point, ending in played for line in ending.differences),
            *(f"{trouble}, {point}: not met" for point, ending in played if not ending.died and point.number == 1),
        ]

    async def _play(self, trouble: Trouble, fatal: Failpoint | None) -> Ending:
        async with self._room:
            try:
                return await play(
                    self._folder / f"{trouble} {fatal}".replace("/", "_"), self._databases, trouble, fatal
                )
            except TimeoutError as error:
                return Ending((), died=True, differences=[f"it never came to rest: {error}"])
