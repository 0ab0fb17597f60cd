"""The stage that every story about storage plays on, once for each kind of database."""

from __future__ import annotations

import pytest

from storage.engine import Database
from tests.storage.stage import Stage, a_stage


@pytest.fixture
def stage(database: Database) -> Stage:
    return a_stage(database)
