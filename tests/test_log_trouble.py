"""Trouble in the log: its reason, once a minute, and how often besides; tracebacks for mistakes of ours alone."""

from __future__ import annotations

import errno
import logging
from contextlib import redirect_stderr
from io import StringIO
from types import SimpleNamespace

import discord
import pytest

from bot.errors import (
    AnswerFacts,
    DatabaseUnavailable,
    DiscordRejected,
    DiscordUnavailable,
    PowerPostError,
    ServerFault,
)
from bot.log import TextFormatter
from bot.log_trouble import TroubleHandler


class Log:
    """What is written to standard error, at a time that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self._stream = StringIO()
        with redirect_stderr(self._stream):
            self.handler = TroubleHandler(monotonic=lambda: self.now)
        self.handler.setFormatter(TextFormatter())
        self.logger = logging.Logger("bot.services.loops.task_pool")
        self.logger.addHandler(self.handler)

    @property
    def lines(self) -> list[str]:
        return [line.split(" ", 2)[2] for line in self._stream.getvalue().splitlines()]

    def fail(self, error: Exception, message: str = "Work failed", **facts: object) -> None:
        """Log as an outermost edge does, with the errors of two libraries below."""
        error.__cause__ = error.__cause__ or caused(ValueError("library"), KeyError("driver"))
        self.logger.error(message, exc_info=error, extra=facts)


@pytest.fixture
def log() -> Log:
    return Log()


def http_error(status: int, code: int) -> discord.HTTPException:
    answer = SimpleNamespace(status=status, reason="Service Unavailable")
    return discord.HTTPException(answer, {"code": code, "message": "no"})


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DatabaseUnavailable("The server is stopping (SQLSTATE 57P01)."), "The server is stopping (SQLSTATE 57P01)."),
        (ServerFault(AnswerFacts(status=503, code="BUSY", request_id="r1")), "BUSY (HTTP 503, code BUSY, request r1)"),
        (caused(DiscordUnavailable("Discord fails"), http_error(503, 40333)), "Discord fails (HTTP 503, code 40333)"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device (ENOSPC)"),
    ],
)
def test_trouble_is_one_line_with_its_reason(log: Log, error: Exception, reason: str) -> None:
    log.fail(error, key="j1")

    [line] = log.lines
    assert line.startswith("ERROR bot.services.loops.task_pool Work failed key=j1 error=")
    assert line.endswith(reason)


@pytest.mark.parametrize("mistake", [RuntimeError("ours"), DiscordRejected("malformed"), OSError("no errno")])
def test_a_mistake_of_ours_keeps_its_own_traceback_and_no_other(log: Log, mistake: Exception) -> None:
    log.fail(mistake)

    text = "\n".join(log.lines)
    assert text.count("Traceback") <= 1
    assert f"{type(mistake).__name__}: {mistake}" in text
    assert f"{mistake}" in text
    assert "Caused by ValueError: library" in text


def test_what_repeats_within_a_minute_is_counted(log: Log) -> None:
    for _ in range(60):
        log.fail(DatabaseUnavailable("down"), key="j1")
        log.fail(DatabaseUnavailable("down"), message="Loop failed", loop="poll")
        log.now += 0.5
    assert len(log.lines) == 2

    log.now = 60.0
    log.fail(DatabaseUnavailable("still down"), key="j2")

    assert log.lines[2:] == [
        "ERROR bot.services.loops.task_pool Loop failed loop=poll error=DatabaseUnavailable: down left_out=58",
        "ERROR bot.services.loops.task_pool Work failed key=j2 error=DatabaseUnavailable: still down left_out=59",
    ]


def test_what_was_left_out_is_said_at_the_end(log: Log) -> None:
    for _ in range(3):
        log.fail(DatabaseUnavailable("down"), key="j1")
    log.handler.close()

    assert [line.partition("left_out=")[2] for line in log.lines] == ["", "1"]


def test_other_kinds_of_trouble_and_what_is_no_trouble_are_all_written(log: Log) -> None:
    for error in (DatabaseUnavailable("down"), DiscordUnavailable("down"), RuntimeError("ours")):
        log.fail(error)
    for _ in range(3):
        log.logger.info("Video delivered", extra={"job": "j1"})
        log.logger.warning("An order was interrupted and is unconfirmed", extra={"job": "j1"})

    assert sum("Work failed" in line for line in log.lines) == 3
    assert sum("delivered" in line for line in log.lines) == 3
    assert sum("unconfirmed" in line for line in log.lines) == 3


def test_an_error_about_another_job_or_reference_is_never_left_out(log: Log) -> None:
    for job in ("j1", "j2"):
        log.logger.error("Order unconfirmed", extra={"job": job, "error": "NoAnswer"})
    for reference in ("a1", "b2"):
        log.fail(RuntimeError("ours"), message="A command failed", reference=reference)

    assert sum("Order unconfirmed" in line for line in log.lines) == 2
    assert sum("A command failed" in line for line in log.lines) == 2


def test_an_outage_of_half_a_minute_with_six_jobs_is_a_few_kilobytes(log: Log) -> None:
    """0.65 MB before: three chained tracebacks for every failure of every loop and every job."""
    outage = "The database cannot be used: the server is starting or stopping (SQLSTATE 57P03)."
    for _ in range(30):
        for loop in ("submit", "unconfirmed", "poll", "announce", "deliver", "estimate", "accounts", "audit"):
            log.fail(DatabaseUnavailable(outage), message="Loop failed and is restarted", loop=loop)
        for job in range(6):
            log.fail(DatabaseUnavailable(outage), message="Work failed and is tried again", key=f"j{job}")
            log.fail(DatabaseUnavailable(outage), message="Outcome not stored yet", job=f"j{job}")
        log.now += 1
    log.handler.close()

    assert len("\n".join(log.lines)) < 5_000


def test_every_kind_is_forgotten_when_it_is_over(log: Log) -> None:
    for number in range(1000):
        log.logger.error("Order unconfirmed", extra={"job": number, "error": "NoAnswer"})
    log.now = 61.0
    log.logger.info("Later")

    assert log.handler._seen == {}
    assert isinstance(ServerFault(AnswerFacts()), PowerPostError)
