"""The rules of the server on the scene, for tests to make and to look at."""

from __future__ import annotations

import pytest

from storage.database.engine import Database
from storage.quotas import QuotaStore
from tests.cogs.running import Scene


@pytest.fixture
def quotas(scene: Scene, books: Database) -> QuotaStore:
    return QuotaStore(database=books, clock=scene.clock)
