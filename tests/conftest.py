"""Fixtures for every part of the tests."""

pytest_plugins = ("tests.databases", "tests.faults.options")
