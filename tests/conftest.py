"""Fixtures for every part of the tests, and what running them in several processes needs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck

hypothesis.settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.settings.load_profile("any machine")

pytest_plugins = ("tests.databases", "tests.faults.options")

FOLDERS_OF_STORIES = {"e2e", "hostile"}
TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories by their folders, and begin with them: what is quick fills the processes evenly at the end."""
    for item in items:
        if item.path.relative_to(TESTS).parts[0] in FOLDERS_OF_STORIES:
            item.add_marker(pytest.mark.e2e)
        if _shares_a_bot(item):
            item.add_marker(pytest.mark.xdist_group(item.path.relative_to(TESTS).with_suffix("").as_posix()))
    items.sort(key=lambda item: item.get_closest_marker("faults") is None and item.get_closest_marker("e2e") is None)


def _shares_a_bot(item: pytest.Item) -> bool:
    """The stories of a module that play on one bot's event loop stay together in one process."""
    marker = item.get_closest_marker("asyncio")
    return marker is not None and "loop_scope" in marker.kwargs


@pytest.hookimpl(wrapper=True)
def pytest_report_to_serializable() -> Generator[None, Any, Any]:
    """Hostile text in a report, which may hold half of a surrogate pair, would not pass from process to process."""
    return _encodable((yield))


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode(errors="backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _encodable(kept) for key, kept in value.items()}
    return [_encodable(kept) for kept in value] if isinstance(value, list | tuple) else value
