"""The stage for every story about storage, once per kind of database."""

from __future__ import annotations

import pytest

from storage.database.engine import Database
from storage.quotas import QuotaStore
from tests.storage.stage import Stage, a_stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return a_stage(database)


@pytest.fixture
async def quotas(stage: Stage) -> QuotaStore:
    """The rules of a server that has plenty of credits."""
    await stage.grant(10_000)
    return QuotaStore(database=stage.database, clock=stage.clock)
