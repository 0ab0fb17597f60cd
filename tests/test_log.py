"""Logging: one line a record whatever the values, secrets blanked, and JSON that parses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from io import StringIO
from typing import Any, Literal

import pytest
from pydantic import SecretStr

from bot.log import configure_logging

NASTY = ["a\nb", "a\r\nb", "\x1b[31mred\x1b[0m", "a\u2028b\u2029c\x85d", "nul\x00", "rtl\u202egpj", "\ud800"]
SECRET = "pp_live_sk_0123456789"
_log = logging.getLogger("bot.services.jobs.submit")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {
        name: logger.level for name, logger in root.manager.loggerDict.items() if isinstance(logger, logging.Logger)
    }
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def fail(message: str) -> None:
    raise RuntimeError(message)


def configured(format_: Literal["text", "json"]) -> Callable[[], str]:
    """Log to standard error as the bot does; returns what reads all that was written."""
    stream = StringIO()
    with redirect_stderr(stream):
        configure_logging("INFO", format_, [SecretStr(SECRET), SecretStr("")])
    return stream.getvalue


@pytest.fixture
def text() -> Callable[[], str]:
    return configured("text")


@pytest.fixture
def entry() -> Callable[[], dict[str, Any]]:
    written = configured("json")

    def one_entry() -> dict[str, Any]:
        line = written()
        assert line.splitlines() == [line.removesuffix("\n")]
        found: dict[str, Any] = json.loads(line)
        return found

    return one_entry


def test_a_line_is_readable(text: Callable[[], str]) -> None:
    _log.info("Order accepted", extra={"action": "order", "job": "ab12", "credits": 15})

    line = text()

    assert line.endswith(" INFO bot.services.jobs.submit Order accepted action=order job=ab12 credits=15\n")
    assert line[:20].replace("-", "").replace(":", "").replace(" ", "").isdigit()


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_no_value_can_forge_a_line_of_text(text: Callable[[], str], value: str) -> None:
    _log.warning("Value: %s", value, extra={"field": value})

    written = text()

    assert written.splitlines() == [written.removesuffix("\n")]
    assert written.removesuffix("\n").isprintable()


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_no_value_can_forge_a_line_of_json(entry: Callable[[], dict[str, Any]], value: str) -> None:
    _log.warning("Value: %s", value, extra={"field": value})

    found = entry()

    assert (found["message"], found["field"]) == (f"Value: {value}", value)


@pytest.mark.parametrize("value", NASTY, ids=ascii)
def test_a_traceback_is_indented_and_as_safe(text: Callable[[], str], value: str) -> None:
    try:
        fail(value)
    except RuntimeError:
        _log.exception("Loop failed")

    first, *rest = text().removesuffix("\n").split("\n")

    assert first.endswith("ERROR bot.services.jobs.submit Loop failed")
    assert all(line.startswith("    ") and line.isprintable() for line in rest)
    assert rest[0] == "    Traceback (most recent call last):"


def test_a_traceback_is_a_field_of_json(entry: Callable[[], dict[str, Any]]) -> None:
    try:
        fail("broken")
    except RuntimeError:
        _log.exception("Loop failed", extra={"action": "restart_loop"})

    found = entry()

    assert found["action"] == "restart_loop"
    assert found["traceback"].endswith("RuntimeError: broken")
    assert set(found) == {"at", "level", "logger", "message", "action", "traceback"}


@pytest.mark.parametrize("format_", ["text", "json"])
def test_secrets_are_blanked_everywhere(format_: Literal["text", "json"]) -> None:
    written = configured(format_)

    try:
        fail(f"refused {SECRET}")
    except RuntimeError:
        _log.exception("Key %s", SECRET, extra={"header": {"x-api-key": SECRET}})

    line = written()
    assert SECRET not in line
    assert line.count("********") >= 3


def test_values_of_any_kind_can_be_logged(entry: Callable[[], dict[str, Any]]) -> None:
    _log.info("Mixed", extra={"path": object(), "none": None, "number": 1.5, "list": [1, "two"]})

    found = entry()

    assert (found["none"], found["number"], found["list"]) == (None, 1.5, [1, "two"])


def test_the_level_is_kept_and_libraries_are_quieter(text: Callable[[], str]) -> None:
    _log.debug("Not this")
    logging.getLogger("discord.gateway").info("Nor this")
    logging.getLogger("discord.gateway").warning("But this")

    assert [line.split(" ", 4)[4] for line in text().splitlines()] == ["But this"]


def test_configuring_twice_writes_once(text: Callable[[], str]) -> None:
    again = configured("text")
    _log.info("Once")

    assert (text() + again()).count("Once") == 1


def test_a_try_to_reach_discord_that_failed_is_one_line_and_other_errors_keep_their_trace(
    text: Callable[[], str],
) -> None:
    for name, error in (("discord.shard", ConnectionResetError("gone")), ("bot.services.jobs.submit", OSError("disk"))):
        try:
            raise error
        except OSError:
            logging.getLogger(name).exception("Attempting a reconnect")

    about_discord, *about_us = text().splitlines()

    assert about_discord.endswith("Attempting a reconnect error=ConnectionResetError: gone")
    assert about_us[1] == "    Traceback (most recent call last):"
